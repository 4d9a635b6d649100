"""Headings of ten characters: one for each column of an export, and every one of a field is known to imports."""

import pytest

from registry.api.asset_rows import FIELDS
from registry.importing.fields import asset_fields, detail_fields
from registry.importing.headings import asset_headings, recognise
from registry.importing.short_headings import SHORT, shortened
from registry.importing.table import SourceTable
from registry.kinds import Kind


@pytest.mark.parametrize("kind", Kind.values)
def test_each_column_has_a_short_heading_of_its_own_by_which_imports_know_it(kind: str):
    names = [name for name in FIELDS if name not in ("place", "details", "actions")] + list(detail_fields(kind))
    short = shortened(names)
    assert len(set(short)) == len(names)
    assert all(len(heading) <= 10 for heading in short)
    table = SourceTable("Shapefile", short, [], [])  # type: ignore[arg-type]
    found = {target: column.heading for target, column in recognise(table, asset_headings(kind)).columns.items()}
    fields = {"code", "name", "region", *asset_fields(), *detail_fields(kind)}
    assert found == {name: heading for name, heading in zip(names, short, strict=True) if name in fields}


def test_names_beyond_the_list_are_cut_and_told_apart():
    assert shortened(["origin_place", "origin_placement", "code"]) == ["origin_pla", "origin_p_2", "code"]
    assert all(len(name) > 10 for name in SHORT)
