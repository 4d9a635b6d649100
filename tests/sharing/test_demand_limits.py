"""What the database itself refuses of a line, whoever writes it."""

import pytest
from django.db import IntegrityError, transaction

from registry.kinds import Kind
from sharing.models import Demand
from tests import factories


@pytest.mark.parametrize(
    ("kind", "column", "most", "name"),
    [
        (Kind.TOWER, "radius_m", 100_000, "demand_radius_is_bounded"),
        (Kind.DUCT, "max_detour", 1_000, "demand_detour_is_bounded"),
    ],
)
def test_a_line_looks_through_no_whole_country(db: None, kind: Kind, column: str, most: float, name: str) -> None:
    line = Demand.objects.filter(pk=factories.demand(factories.demand_list(factories.organization()), kind).pk)
    assert line.update(**{column: most}) == 1
    with pytest.raises(IntegrityError, match=name):
        line.update(**{column: most + 1})


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
def test_a_line_has_no_figure_without_an_end(db: None, figure: float) -> None:
    line = Demand.objects.filter(pk=factories.demand(factories.demand_list(factories.organization())).pk)
    for column in ("mounting_height_m", "max_earthing_ohm", "min_backup_h", "min_floor_load_kn_m2", "apart_m"):
        with pytest.raises(IntegrityError, match="demand_"), transaction.atomic():
            line.update(**{column: figure})
