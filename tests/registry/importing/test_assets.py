"""The traps of real files, one by one, on small tables."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from registry.importing.assets import import_assets
from registry.importing.coordinates import gcj02_shift
from registry.importing.intake import Options
from registry.importing.report import ImportReport, write_rejects
from registry.importing.table import UnreadableFile
from registry.kinds import Kind
from registry.models import Allocation, Asset, Duct, Organization, Purpose, Region, Sector, Tower
from tests import factories

pytestmark = pytest.mark.django_db
HEAD = "code,name,lon,lat,height,mounts\n"


@pytest.fixture
def owner() -> Organization:
    return factories.organization("owner", sector="municipal")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "towers.csv"


def load(path: Path, text: str, owner: Organization, kind: str = Kind.TOWER, **options: Any) -> ImportReport:
    dry_run = options.pop("dry_run", False)
    path.write_text(text, encoding="utf-8")
    report = import_assets(path, owner=owner, kind=kind, options=Options(**options), dry_run=dry_run)
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(reject.row, reject.column, reject.reason) for reject in report.rejects]


def test_good_rows_land_with_their_details_and_units(file: Path, owner: Organization) -> None:
    report = load(file, HEAD + 'A1,灯,114.3,30.5,250\',3\nA2,,"114,4","30,6","12,5 m",\n', owner)
    assert counts(report) == (2, 0, 0, 0)
    tower = Tower.objects.select_related("asset").get(asset__code="A1")
    asset = tower.asset
    assert (tower.height_m, asset.name, asset.capacity, asset.kind) == (76.2, "灯", 3, "tower")
    assert (asset.geometry.coords, asset.region, asset.status) == ((114.3, 30.5), owner.region, "in_service")
    assert (asset.source, asset.free_today) == ("towers.csv", 3)
    assert [w.text for w in report.warnings] == [
        "1 new asset has no capacity in the file; one unit was assumed (state it with --set)."
    ]
    assert Asset.objects.get(code="A2").geometry.coords == (114.4, 30.6)


def test_the_same_file_again_changes_nothing(file: Path, owner: Organization) -> None:
    text = HEAD + "A1,灯,114.3,30.5,12,3\n,,114.4,30.6,12,3\n"
    load(file, text, owner)
    before = list(Asset.objects.order_by("id").values())
    assert counts(load(file, text, owner)) == (0, 0, 2, 0)
    assert list(Asset.objects.order_by("id").values()) == before


def test_a_changed_cell_updates_its_row_alone_and_a_blank_one_leaves_what_is_known(
    file: Path, owner: Organization
) -> None:
    load(file, HEAD + "A1,灯,114.3,30.5,12,3\nA2,杆,114.4,30.5,15,3\n", owner)
    assert counts(load(file, HEAD + "A1,,114.3,30.5,18,\nA2,杆,114.4,30.5,15,3\n", owner)) == (0, 1, 1, 0)
    tower = Tower.objects.select_related("asset").get(asset__code="A1")
    assert (tower.height_m, tower.asset.name, tower.asset.capacity) == (18.0, "灯", 3)


@pytest.mark.parametrize("word", ["nobody", "None", "nil", "无", " 无 ", "不开放"])
@pytest.mark.parametrize("constants", [{}, {"open_to_sectors": "telecom"}])
def test_an_asset_that_is_open_to_none_is_open_to_nobody(
    file: Path, owner: Organization, word: str, constants: dict[str, str]
) -> None:
    load(file, f"code,lon,lat,开放行业\nA1,114.3,30.5,{word}\n", owner, constants=constants)
    assert Asset.objects.get(code="A1").open_to_sectors == []


def test_a_dash_for_sectors_is_a_blank_cell(file: Path, owner: Organization) -> None:
    load(file, "code,lon,lat,open_to_sectors\nA1,114.3,30.5,-\n", owner)
    assert Asset.objects.get(code="A1").open_to_sectors == Sector.values


def test_there_is_none_means_no(file: Path, owner: Organization) -> None:
    head = "code,wkt,堵塞\nD1,"
    place = '"LINESTRING(114.3 30.5, 114.31 30.5)"'
    load(file, f"{head}{place},有\n", owner, Kind.DUCT)
    load(file, f"{head}{place},\n", owner, Kind.DUCT)
    assert Duct.objects.get(asset__code="D1").blocked is True
    load(file, f"{head}{place},无\n", owner, Kind.DUCT)
    assert Duct.objects.get(asset__code="D1").blocked is False


def test_the_code_is_the_owner_s_own(file: Path, owner: Organization) -> None:
    other = factories.organization("other")
    load(file, HEAD + "A1,灯,114.3,30.5,12,3\n", owner)
    assert counts(load(file, HEAD + "A1,杆,114.4,30.6,15,3\n", other)) == (1, 0, 0, 0)
    assert dict(Asset.objects.filter(code="A1").values_list("owner__code", "name")) == {"owner": "灯", "other": "杆"}


def test_a_dry_run_counts_and_writes_nothing(file: Path, owner: Organization) -> None:
    assert counts(load(file, HEAD + "A1,灯,114.3,30.5,12,3\nA2,灯,,,12,3\n", owner, dry_run=True)) == (1, 0, 0, 1)
    assert Asset.objects.count() == 0


def test_every_faulty_cell_of_a_row_is_named(file: Path, owner: Organization) -> None:
    report = load(file, HEAD + "A1,灯,114.3,30.5,tall,two\nA2,灯,114.3,30.5,12,3\nA3,b\n", owner)
    assert reasons(report) == [
        (2, "mounts; height", "“two” is not a number. “tall” is not a number."),
        (4, "", "The row has 2 cells where the headings are 6."),
    ]
    assert list(Asset.objects.values_list("code", flat=True)) == ["A2"]


def test_rejected_rows_are_corrected_in_their_file_and_sent_again(file: Path, owner: Organization) -> None:
    report = load(file, HEAD + "A1,灯,114.3,30.5,tall,3\n,灯,114.4,30.6,12,three\nA3,b\n", owner)
    rejects = file.with_name("rejects.csv")
    write_rejects(report, rejects)
    rows = list(csv.reader(rejects.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["row", "column", "reason", "code", "name", "lon", "lat", "height", "mounts"]
    assert [row[0] for row in rows[1:]] == ["2", "3", "4"]
    assert rows[2][3] == "@30.600000,114.400000"
    corrected = rejects.read_text(encoding="utf-8-sig").replace("tall,3", "12,3").replace("12,three", "12,3")
    again = load(rejects, corrected, owner)
    assert counts(again) == (2, 0, 0, 1)
    assert reasons(again) == [(4, "", "The row has 5 cells where the headings are 9.")]
    assert again.headings == ("code", "name", "lon", "lat", "height", "mounts")
    write_rejects(again, rejects)
    assert list(csv.reader(rejects.read_text(encoding="utf-8-sig").splitlines()))[1][3:] == ["A3", "b"]


def test_a_rejected_map_feature_takes_its_place_along(tmp_path: Path, owner: Organization) -> None:
    path = tmp_path / "x.geojson"
    feature = (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "A1", "height": "x"},'
        ' "geometry": {"type": "Point", "coordinates": [114.3, 30.5]}}]}'
    )
    report = load(path, feature, owner, constants={"mounts": "2"})
    rejects = tmp_path / "rejects.csv"
    write_rejects(report, rejects)
    assert "SRID=4326;POINT (114.3 30.5)" in rejects.read_text(encoding="utf-8-sig")
    again = load(rejects, rejects.read_text(encoding="utf-8-sig").replace("A1,x", "A1,12"), owner)
    assert counts(again) == (1, 0, 0, 0)
    assert Asset.objects.get().geometry.coords == (114.3, 30.5)


def test_a_code_that_a_spreadsheet_has_shortened_is_refused(file: Path, owner: Organization) -> None:
    file.write_text("code,lon,lat\n4.20106E+17,114.3,30.5\n4e+20,114.31,30.5\nE+12,114.32,30.5\n1E+5,114.33,30.5\n")
    report = import_assets(file, owner=owner, kind="tower", options=Options())
    said = "A spreadsheet has shortened this number: format the column as text, and enter the codes anew."
    assert [(row.row, row.column, row.reason) for row in report.rejects] == [(2, "code", said), (3, "code", said)]
    assert set(Asset.objects.values_list("code", flat=True)) == {"E+12", "1E+5"}


def test_numeric_codes_of_a_workbook_keep_their_digits_or_are_refused(tmp_path: Path, owner: Organization) -> None:
    path, codes = tmp_path / "towers.xlsx", (1234567890123450, 2**53 - 1, 2**53 + 1, 123456789012345678, 10**20)
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["code", "lon", "lat"])
        for row, code in enumerate(codes, 1):
            sheet.write_row(row, 0, [code, 114.3 + row / 100, 30.5])
    report = import_assets(path, owner=owner, kind=Kind.TOWER, options=Options())
    said = "A spreadsheet has shortened this number: format the column as text, and enter the codes anew."
    assert reasons(report) == [(row, "code", said) for row in (4, 5, 6)]
    assert set(Asset.objects.values_list("code", flat=True)) == {"1234567890123450", "9007199254740991"}


def test_the_first_good_row_of_a_repeated_code_lands(file: Path, owner: Organization) -> None:
    report = load(file, HEAD + "A1,a,114.3,30.5,x,3\nA1,b,114.3,30.5,12,3\nA1,c,114.3,30.5,12,3\n", owner)
    assert reasons(report) == [
        (2, "height", "“x” is not a number."),
        (4, "code", "Row 3 has the code A1 too."),
    ]
    assert Asset.objects.get().name == "b"


def test_structures_on_one_spot_without_codes_all_land(file: Path, owner: Organization) -> None:
    text = "lon,lat,height\n114.3,30.5,12\n114.3,30.5,18\n114.3,30.5,12\n"
    assert counts(load(file, text, owner)) == (3, 0, 0, 0)
    assert sorted(Asset.objects.values_list("code", "tower__height_m")) == [
        ("@30.500000,114.300000", 12.0),
        ("@30.500000,114.300000#2", 18.0),
        ("@30.500000,114.300000#3", 12.0),
    ]
    assert counts(load(file, text, owner)) == (0, 0, 3, 0)


def test_swapped_coordinates_are_flagged_row_by_row_and_never_shifted(file: Path, owner: Organization) -> None:
    report = load(
        file,
        HEAD + "A1,,114.3,30.5,,1\nA2,,30.5,114.3,,1\nA3,,2.35,48.85,,1\nA4,,,,,1\nA5,,500,30,,1\nA6,,50,100,,1\n",
        owner,
    )
    assert reasons(report) == [
        (3, "lon", "The latitude 114.3 is impossible; longitude and latitude look swapped."),
        (5, "lon", "The row has no geometry."),
        (6, "lon", "500, 30 is not a longitude and latitude."),
        (7, "lon", "The latitude 100 is impossible; longitude and latitude look swapped."),
    ]
    assert [(w.row, w.text) for w in report.warnings] == [(4, "The place lies outside the country of its region.")]
    assert Asset.objects.get(code="A3").geometry.coords == (2.35, 48.85)


def test_a_column_x_that_holds_latitudes_is_told_by_the_country(file: Path) -> None:
    france = Organization.objects.create(
        code="fr", name="fr", sector="municipal", region=factories.region("34172", scheme="insee")
    )
    text = "code,x,y\nA1,3.87,43.6\nA2,3.88,43.61\nA3,43.6,3.87\nA4,3.9,43.6\n"
    report = load(file, text, france)
    assert reasons(report) == [
        (4, "x", "Longitude and latitude look swapped: only so is it near the file's other places.")
    ]
    assert counts(load(file, "code,x,y\nB1,114.3,30.5\nB2,30.5,73.5\n", factories.organization("cn")))[3] == 1


def test_projected_coordinates_without_a_declared_system_refuse_the_file(file: Path, owner: Organization) -> None:
    with pytest.raises(UnreadableFile, match="state their system with --crs"):
        load(file, "code,x,y\nA1,770850.372,6278283.676\n", owner)
    report = load(file, "code,x,y\nA1,770850.372,6278283.676\n", owner, crs="EPSG:2154")
    assert report.crs == "EPSG:2154"
    assert Asset.objects.get().geometry.coords == pytest.approx((3.8772153, 43.6000658), abs=1e-7)


def test_coordinates_of_a_chinese_map_are_shifted_back(file: Path, owner: Organization) -> None:
    lon, lat = gcj02_shift(np.array([114.3055]), np.array([30.5928]))
    report = load(file, f"code,经度,纬度\nA1,{lon[0]},{lat[0]}\n", owner, crs="gcj02")
    assert report.crs == "gcj02"
    assert Asset.objects.get().geometry.coords == pytest.approx((114.3055, 30.5928), abs=1e-9)


def test_the_region_comes_from_its_column_with_retired_codes_read_as_current_ones(
    file: Path, owner: Organization
) -> None:
    heir = factories.region("420106")
    old = Region.objects.create(scheme="gbt2260", code="420199", name="旧区", prefix="420199", retired=True)
    old.successors.add(heir)
    report = load(
        file,
        "code,lon,lat,行政区划\nA1,114.3,30.5,420199\nA2,114.3,30.5,武昌区\nA3,114.3,30.5,999999\nA4,114.3,30.5,\n",
        owner,
    )
    assert dict(Asset.objects.values_list("code", "region__code")) == {
        "A1": "420106",
        "A2": "420106",
        "A4": owner.region.code,
    }
    assert reasons(report) == [(4, "行政区划", "There is no region 999999.")]
    assert (report.warnings[0].row, report.warnings[0].text) == (
        2,
        "The code 420199 (旧区) is retired; read as 420106 (武昌区).",
    )


def test_boundaries_give_regions_and_tell_what_lies_outside_or_only_inside_when_swapped(
    file: Path, owner: Organization
) -> None:
    district = factories.region("420106")
    district.boundary = MultiPolygon(
        Polygon.from_bbox((30, 29, 31, 31)), Polygon.from_bbox((114, 30, 115, 31)), srid=4326
    )
    district.boundary = MultiPolygon(Polygon.from_bbox((114, 30, 115, 31)), srid=4326)
    district.save()
    text = "code,lon,lat,region\nA1,114.3,30.5,\nA2,116.3,30.5,420106\nA3,116.4,30.5,\n"
    report = load(file, text, owner)
    assert dict(Asset.objects.values_list("code", "region__code")) == {
        "A1": "420106",
        "A2": "420106",
        "A3": owner.region.code,
    }
    assert [(w.row, w.text) for w in report.warnings if w.row] == [(3, "The place lies outside the region 420106.")]


def test_a_place_inside_its_region_only_when_swapped_is_refused(file: Path) -> None:
    region = factories.region("34172", scheme="insee")
    region.boundary = MultiPolygon(Polygon.from_bbox((3.7, 43.5, 4.0, 43.7)), srid=4326)
    region.save()
    france = Organization.objects.create(code="fr", name="fr", sector="municipal", region=region)
    report = load(file, "code,lon,lat\nA1,43.6,3.87\nA2,3.87,43.6\n", france)
    assert reasons(report) == [(2, "", "Longitude and latitude look swapped: only so is it in the region 34172.")]


def test_what_the_database_would_refuse_is_a_reason_and_not_an_error(file: Path, owner: Organization) -> None:
    text = (
        "code,lon,lat,height,free_height_max,status,mounts,protection\n"
        "A1,114.3,30.5,12,15,,1,\nA2,114.3,30.5,-3,,,1,\nA3,114.3,30.5,,,planned,1,\nA4,114.3,30.5,,,,0,\n"
        "A5,114.3,30.5,,,,99999999999,\nA6,114.3,30.5,12,11,,1,\nA7,114.3,30.5,,,,1,core\n"
    )
    report = load(file, text, owner)
    assert reasons(report) == [
        (2, "free_height_max", "The highest free mounting height cannot exceed the tower's height."),
        (3, "height", "A height is more than 0 m; leave it empty where it is unknown."),
        (4, "available_from", "A planned asset needs the day from which it is there: fill in “available from”."),
        (5, "mounts", "An asset has at least one unit: enter how many mounts, bores, cores or rack units."),
        (6, "mounts", "99999999999.0 is beyond what the registry holds."),
        (8, "protection_reason", "A protected asset needs a reason: fill in “reason for the protection”."),
    ]
    assert Asset.objects.get().code == "A6"


def test_a_code_of_another_kind_is_refused(file: Path, owner: Organization) -> None:
    factories.asset(owner, Kind.EQUIPMENT_ROOM, code="A1")
    report = load(file, HEAD + "A1,灯,114.3,30.5,12,3\n", owner)
    assert reasons(report) == [(2, "code", "A1 is an asset of kind equipment_room.")]


def test_units_in_use_become_own_use_in_the_ledger_once(file: Path, owner: Organization) -> None:
    text = "code,lon,lat,mounts,used_units\nA1,114.3,30.5,4,3\nA2,114.3,30.5,4,\nA3,114.3,30.5,4,5\n"
    report = load(file, text, owner)
    assert counts(report) == (2, 0, 0, 1)
    assert reasons(report) == [(4, "used_units", "5 units in use of 4.")]
    line = Allocation.objects.get()
    assert (line.asset.code, line.units.upper - line.units.lower, line.purpose) == ("A1", 3, Purpose.OWN_USE)
    assert (line.period.upper, line.holder) == (None, owner)
    assert dict(Asset.objects.values_list("code", "free_today")) == {"A1": 1, "A2": 4}
    assert counts(load(file, text, owner)) == (0, 0, 2, 1)
    assert Allocation.objects.get().pk == line.pk
    assert counts(load(file, text.replace("4,3", "4,1"), owner)) == (0, 1, 1, 1)
    assert Asset.objects.get(code="A1").free_today == 3


def test_own_use_that_others_leave_no_room_for_rejects_its_row_alone(file: Path, owner: Organization) -> None:
    asset = factories.asset(owner, code="A1", capacity=4)
    factories.allocate(asset, 2, holder=factories.organization("tenant"))
    held = list(Allocation.objects.values())
    text = "code,lon,lat,name,used_units\nA1,114.3,30.5,new,3\nA2,114.3,30.5,new,1\n"
    report = load(file, text, owner, constants={"mounts": "4"})
    assert counts(report) == (1, 0, 0, 1)
    assert (report.rejects[0].row, report.rejects[0].column) == (2, "used_units")
    assert "3 mounts asked, 2 free" in report.rejects[0].reason
    assert Asset.objects.get(code="A1").name != "new"
    assert list(Allocation.objects.filter(asset=asset).values()) == held


def test_capacity_and_limits_never_fall_below_what_is_held(file: Path, owner: Organization) -> None:
    asset = factories.asset(owner, code="A1", capacity=4, weight_kg=300)
    factories.allocate(asset, 3, weight_kg=Decimal(200))
    report = load(file, "code,lon,lat,mounts,weight_limit\nA1,114.3,30.5,2,100\n", owner)
    assert reasons(report) == [
        (2, "mounts; weight_limit", "Unit 3 is in use, so there are more. 200 is already carried.")
    ]
    asset.refresh_from_db()
    assert (asset.capacity, asset.weight_kg) == (4, 300)


def test_a_room_s_power_stays_within_its_cooling(file: Path, owner: Organization) -> None:
    text = "code,lon,lat,rack_units,power,cooling\nR1,114.3,30.5,42,20,10\nR2,114.3,30.5,42,20,30\n"
    report = load(file, text, owner, Kind.EQUIPMENT_ROOM)
    assert reasons(report) == [(2, "power", "The power limit exceeds the cooling.")]


def test_a_file_without_places_tells_of_known_assets_only(file: Path, owner: Organization) -> None:
    load(file, HEAD + "A1,灯,114.3,30.5,12,3\n", owner)
    report = load(file, "code,height\nA1,15\nA2,15\n", owner)
    assert counts(report) == (0, 1, 0, 1)
    assert reasons(report) == [(3, "", "The row has no geometry.")]
    assert Asset.objects.get().geometry.coords == (114.3, 30.5)


def test_a_file_in_which_nothing_is_recognised_is_refused(file: Path, owner: Organization) -> None:
    with pytest.raises(UnreadableFile, match=r"among: foo, bar\. Name them with --map"):
        load(file, "foo,bar\n1,2\n", owner)


def test_columns_are_mapped_and_values_set(file: Path, owner: Organization) -> None:
    report = load(
        file,
        "NUM,lon,lat,h\n7,114.3,30.5,40\n8,114.3,30.5,\n",
        owner,
        mapping={"NUM": "code", "h": "height_m"},
        constants={"height_m": "30 ft", "mounts": "2", "open_to_sectors": "通信;电力"},
    )
    assert counts(report) == (2, 0, 0, 0)
    assert dict(Tower.objects.values_list("asset__code", "height_m")) == {"7": 40.0, "8": 9.144}
    assert Asset.objects.get(code="7").open_to_sectors == ["power", "telecom"]


def test_a_constant_of_no_field_is_refused_with_the_nearest_one(file: Path, owner: Organization) -> None:
    with pytest.raises(UnreadableFile, match="did you mean height_m"):
        load(file, HEAD + "A1,灯,114.3,30.5,12,3\n", owner, constants={"hieght_m": "3"})


def test_names_are_freed_of_repetitions_and_cut_with_a_warning(file: Path, owner: Organization) -> None:
    long = "x" * 250
    report = load(file, HEAD + f"A1,{';'.join(['ВЛ 220 кВ'] * 40)},114.3,30.5,,1\nA2,{long},114.3,30.5,,1\n", owner)
    assert counts(report) == (2, 0, 0, 0)
    assert Asset.objects.get(code="A1").name == "ВЛ 220 кВ"
    assert Asset.objects.get(code="A2").name == "x" * 199 + "…"
    assert [(w.row, w.text) for w in report.warnings] == [(3, "The name was cut to 200 characters.")]


def test_text_with_tabs_backslashes_and_line_breaks_lands_as_it_is(file: Path, owner: Organization) -> None:
    load(file, 'code,name,lon,lat\nA\\1,"a\tb\\nc\nd \\N",114.3,30.5\n', owner)
    assert Asset.objects.values_list("code", "name").get() == ("A\\1", "a\tb\\nc\nd \\N")


def test_neither_a_long_file_nor_a_single_asset_after_it_is_written_by_plans_made_for_the_other(
    file: Path, owner: Organization
) -> None:
    rows = 6_000
    for _ in range(3):
        factories.asset(owner)
    with connection.cursor() as cursor:
        # As PostgreSQL knows a small registry: what triggers and foreign keys ask then reads the whole of a table.
        cursor.execute("ANALYZE registry_asset, registry_tower")
    for _ in range(10):
        factories.asset(owner)
    load(file, HEAD + "".join(f"A{n},灯,114.3,30.5,12,3\n" for n in range(rows)), owner)
    before = read_in_whole()
    assert before < 20 * rows
    factories.asset(owner)
    assert read_in_whole() - before < rows


def read_in_whole() -> int:
    """Rows of assets that this transaction has met by reading the table from end to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'registry_asset'")
        [(read,)] = cursor.fetchall()
    return int(read)


@pytest.mark.parametrize(
    ("heading", "cells", "known"),
    [
        ("结构利用率", (0.85, 0.9, 1), None),
        ("应力比(%)", (0.85, "", 0), None),
        ("应力比", (0.85, 0.92, 1.05), None),
        ("应力比", (0.85, 0.92, 2.5), [0.85, 0.92, 2.5]),
        ("结构利用率", (0.85, 90, 1), [0.85, 90.0, 1.0]),
        ("结构利用率", (1, 0, 1), [1.0, 0.0, 1.0]),
        ("结构利用率", ("0.85%", "0.9", "1"), [0.85, 0.9, 1.0]),
        ("structural_use_pct", (0.85, 0.9, 1), [0.85, 0.9, 1.0]),
        ("STRUCT_USE", (0.85, 0.9, 1), [0.85, 0.9, 1.0]),
    ],
)
def test_shares_are_not_taken_for_percentages(
    tmp_path: Path, owner: Organization, heading: str, cells: tuple[Any, ...], known: list[float] | None
) -> None:
    path = tmp_path / "towers.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet, percent = workbook.add_worksheet(), workbook.add_format({"num_format": "0%"})
        sheet.write_row(0, 0, ["code", "lon", "lat", heading])
        for row, cell in enumerate(cells, 1):
            sheet.write_row(row, 0, [f"T{row}", 114.3 + row / 100, 30.5])
            sheet.write(row, 3, cell, percent)
    report = import_assets(path, owner=owner, kind=Kind.TOWER, options=Options())
    uses = Tower.objects.order_by("asset__code").values_list("structural_use_pct", flat=True)
    if known is None:
        filled = [(row, heading) for row, cell in enumerate(cells, 2) if cell != ""]
        assert [(reject.row, reject.column) for reject in report.rejects] == filled
        assert (
            "write 85 for 85 percent" in report.rejects[0].reason and "structural_use_pct" in report.rejects[0].reason
        )
    else:
        assert (report.rejects, [*uses]) == ([], known)
