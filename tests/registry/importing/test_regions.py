import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.importing.intake import Options
from registry.importing.region_codes import read_regions
from registry.importing.regions import PACKAGED, current_successors, import_gbt2260, import_regions
from registry.importing.report import ImportReport
from registry.models import Region

pytestmark = pytest.mark.django_db


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report.created, report.updated, report.unchanged, len(report.rejects)


def load(path: Path, text: str, **options: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return import_regions(path, options=Options(), **options)


def test_gb_t_2260_loads_with_its_retired_codes_and_again_changes_nothing() -> None:
    current = json.loads((PACKAGED / "list.json").read_text(encoding="utf-8"))
    first = import_gbt2260()
    assert Region.objects.current().count() == len(current) == 3433
    assert Region.objects.filter(retired=True).count() == first.rows - 3433 == 4015
    assert counts(import_gbt2260()) == (0, 0, first.rows, 0)
    wuhan = Region.objects.get(code="420100")
    assert (wuhan.name, wuhan.prefix) == ("武汉市", "4201")
    retired = Region.objects.get(code="110103")
    assert [heir.code for heir in retired.successors.all()] == ["110101"]
    assert not Region.objects.filter(successors__retired=True).exists()


def test_codes_of_a_file_are_read_as_current_ones() -> None:
    import_gbt2260()
    readings = read_regions(
        ["420106", "110103", "710000", "4201", "420106001000", "武昌区", "130504", "220205", "999999", "朝阳区"],
        "gbt2260",
    )
    assert {text: r.region.code if r.region else r.error for text, r in readings.items()} == {
        "420106": "420106",
        "110103": "110101",
        "710000": "830000",
        "4201": "420100",
        "420106001000": "420106",
        "武昌区": "420106",
        "130504": "130500",
        "220205": "220200",
        "999999": "There is no region 999999.",
        "朝阳区": "Several regions are named 朝阳区: give the code.",
    }
    assert readings["110103"].remark == "The code 110103 (崇文区) is retired; read as 110101 (东城区)."
    assert readings["420106"].remark == ""


def test_a_name_that_several_regions_have_is_the_one_inside_the_home_region() -> None:
    import_gbt2260()
    beijing = Region.objects.get(code="110000")
    assert read_regions(["朝阳区"], "gbt2260", beijing)["朝阳区"].region == Region.objects.get(code="110105")


def test_successors_are_followed_to_the_codes_of_today_even_in_a_circle() -> None:
    became = {"1": ["2", "3"], "2": ["4", "1"], "5": ["5"]}
    assert current_successors("1", became, {"3": "", "4": ""}) == ["3", "4"]
    assert current_successors("5", became, {}) == []


def test_other_codes_load_beside_with_repaired_boundaries(tmp_path: Path) -> None:
    path = tmp_path / "communes.csv"
    text = (
        'insee,nom,wkt\n34172,Montpellier,"POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))"\n34001,Abeilhan,\n34001,Twice,\n'
        '34002,Line,"LINESTRING(0 0, 1 1)"\n,None,\n'
    )
    report = load(path, text, scheme="insee")
    assert counts(report) == (2, 0, 0, 3)
    assert [(r.row, r.reason) for r in report.rejects] == [
        (4, "Row 3 has the code 34001 too."),
        (5, "A boundary is an area."),
        (6, "The row has no code."),
    ]
    assert [(w.row, w.text) for w in report.warnings] == [(2, "The area was invalid in itself and has been repaired.")]
    montpellier = Region.objects.get(scheme="insee", code="34172")
    assert montpellier.boundary is not None
    assert (montpellier.name, montpellier.boundary.valid, montpellier.boundary.geom_type) == (
        "Montpellier",
        True,
        "MultiPolygon",
    )
    assert counts(load(path, text, scheme="insee")) == (0, 0, 2, 3)
    assert counts(load(path, "code,name\n34001,Abeilhan!\n", scheme="insee")) == (0, 1, 0, 0)


def test_a_map_of_areas_gives_known_codes_their_boundaries(tmp_path: Path) -> None:
    Region.objects.create(code="420106", name="武昌区", prefix="420106")
    path = tmp_path / "wuchang.geojson"
    square = [[114, 30], [115, 30], [115, 31], [114, 31], [114, 30]]
    feature = {
        "type": "Feature",
        "properties": {"adcode": 420106, "name": "武昌区"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    report = load(path, json.dumps({"type": "FeatureCollection", "features": [feature]}), scheme="gbt2260")
    assert (counts(report), report.crs) == ((0, 1, 0, 0), "EPSG:4326")
    boundary = Region.objects.get().boundary
    assert boundary is not None
    assert boundary.extent == (114, 30, 115, 31)


def test_a_dry_run_loads_nothing() -> None:
    assert import_gbt2260(dry_run=True).created == 7448
    assert Region.objects.count() == 0


def test_a_file_without_a_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--scheme"):
        call_command("import_regions", str(tmp_path / "x.csv"))
