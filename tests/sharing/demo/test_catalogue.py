import csv
import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from shapely import LineString, Point

from registry.importing.headings import asset_headings, normalise
from registry.kinds import KINDS, Kind
from registry.models import Sector
from registry.social_credit_code import is_social_credit_code
from sharing.demo.asset_row import AssetRow
from sharing.demo.catalogue import all_assets, write_assets
from sharing.demo.line import WGS84, Line
from sharing.demo.parties import GRID, LIGHTING, METRO, PARTIES, POLICE
from sharing.demo.streets import sections, stations
from sharing.demo.wuhan import metro_lines, power_lines, substations

TODAY = date(2026, 11, 24)
DEGREES_OF_A_METRE = 1e-5


@pytest.fixture(scope="module")
def assets() -> list[AssetRow]:
    return all_assets(TODAY)


def of(assets: Iterable[AssetRow], owner: str, kind: Kind) -> list[AssetRow]:
    return [row for row in assets if row.owner == owner and row.kind == kind]


def test_the_metro_is_read_whole_without_yards_and_with_its_second_track() -> None:
    tracks = [(stretch.number, round(stretch.line.length_m), stretch.second_track) for stretch in metro_lines()]
    assert tracks == [
        ("1", 33868, False),
        ("2", 27163, False),
        ("2", 16025, True),
        ("3", 28804, False),
        ("4", 19485, False),
        ("4", 14024, False),
        ("N", 17848, False),
    ]


def test_circuits_on_the_same_towers_are_one_power_line() -> None:
    assert len(power_lines()) == 39
    assert Counter(line.voltage_kv for line in power_lines()) == {220.0: 20, 500.0: 19}
    assert len(substations()) == 21


def test_there_are_twenty_thousand_assets_of_all_kinds_and_sectors(assets: list[AssetRow]) -> None:
    sectors = {party.code: party.sector for party in PARTIES}
    assert Counter(row.kind for row in assets) == {
        Kind.TOWER: 15677,
        Kind.DUCT: 2641,
        Kind.FIBER: 1080,
        Kind.EQUIPMENT_ROOM: 849,
    }
    assert {sectors[row.owner] for row in assets} == set(Sector)


def test_the_same_assets_are_generated_each_time(assets: list[AssetRow]) -> None:
    assert all_assets(TODAY) == assets


def test_only_the_dates_of_what_is_planned_go_with_the_day(assets: list[AssetRow]) -> None:
    later = all_assets(date(2027, 1, 1))
    moved = [row.code for row, same in zip(later, assets, strict=True) if row != same]
    assert moved == [row.code for row in assets if row.values.get("status") == "planned"]
    assert len(moved) == 10


def test_codes_are_unique_to_their_owner(assets: list[AssetRow]) -> None:
    assert max(Counter((row.owner, row.code) for row in assets).values()) == 1


def test_every_asset_says_which_part_of_it_is_synthetic(assets: list[AssetRow]) -> None:
    assert all("synthetic: " in row.source for row in assets)


def test_shapes_and_use_suit_the_kind(assets: list[AssetRow]) -> None:
    for row in assets:
        assert (len(row.points) > 1) == KINDS[row.kind].is_route, row.code
        assert 0 <= row.used_units + row.reserved_units <= int(row.values["capacity"]), row.code
        limits = {load: float(row.values[load]) for load in row.used_loads if load in row.values}
        assert all(row.used_loads[load] <= limit for load, limit in limits.items()), row.code


def test_trays_lie_in_the_real_tunnels(assets: list[AssetRow]) -> None:
    tracks = [LineString(stretch.line.points) for stretch in metro_lines()]
    trays = [row for row in of(assets, METRO, Kind.DUCT) if row.code.startswith("QJ-")]
    assert len(trays) == 131
    for row in trays:
        tray = LineString(row.points)
        assert min(track.hausdorff_distance(tray) for track in tracks) < 1
        assert any(track.buffer(DEGREES_OF_A_METRE).covers(tray) for track in tracks), row.code


def test_power_towers_and_ground_wires_are_on_the_real_lines(assets: list[AssetRow]) -> None:
    lines = {line.code: LineString(line.line.points) for line in power_lines()}
    towers = [row for row in of(assets, GRID, Kind.TOWER) if row.values["structure_type"] == "power_tower"]
    assert len(towers) == 1588
    for row in towers:
        assert lines[row.code.split("-")[0]].distance(Point(row.points[0])) < DEGREES_OF_A_METRE
    for row in of(assets, GRID, Kind.FIBER):
        assert lines[row.code.split("-")[1]].buffer(DEGREES_OF_A_METRE).covers(LineString(row.points))


def test_a_route_can_pass_from_the_tunnel_to_the_street_at_each_station(assets: list[AssetRow]) -> None:
    ends = Counter(end for row in assets if row.kind == Kind.DUCT for end in (row.points[0], row.points[-1]))
    for station in stations():
        assert ends[station.place] >= 3, station.code
        assert ends[station.left] >= 2, station.code


def test_sections_follow_one_another_without_a_gap() -> None:
    for one, other in pairwise(sections()):
        if one.code[:3] == other.code[:3]:
            assert one.end == other.start
            assert one.line.at(one.end_m) == other.line.at(other.start_m)


def test_some_are_protected_and_some_ducts_unusable(assets: list[AssetRow]) -> None:
    protection = Counter(row.values.get("protection", "open") for row in assets)
    assert protection["core"] == 3
    assert protection["restricted"] == 659
    ducts = [row for row in assets if row.kind == Kind.DUCT]
    assert sum(row.values.get("blocked") is True for row in ducts) == 78
    assert sum(row.values.get("hazardous_co_use") is True for row in ducts) == 148
    assert {row.owner for row in assets if row.values.get("protection") == "core"} == {POLICE}


def test_every_column_written_is_one_the_import_knows(assets: list[AssetRow], tmp_path: Path) -> None:
    files = write_assets(assets, tmp_path)
    assert sum(len(file.rows) for file in files) == len(assets)
    for file in files:
        known = {normalise(heading) for headings in asset_headings(file.kind).values() for heading in headings}
        if file.path.suffix == ".csv":
            encoding = "gb18030" if file.owner == LIGHTING and file.kind == Kind.TOWER else "utf-8-sig"
            with file.path.open(encoding=encoding, newline="") as opened:
                headings = next(csv.reader(opened))
        else:
            headings = list(json.loads(file.path.read_text(encoding="utf-8"))["features"][0]["properties"])
        assert [heading for heading in headings if normalise(heading) not in known] == [], file.path.name


def test_the_lighting_agency_writes_chinese(assets: list[AssetRow], tmp_path: Path) -> None:
    lamps = of(assets, LIGHTING, Kind.TOWER)
    (file,) = write_assets(lamps, tmp_path)
    with file.path.open(encoding="gb18030", newline="") as opened:
        first = next(csv.DictReader(opened))
    assert (first["编号"], first["杆型"], float(first["杆高（米）"])) == (
        lamps[0].code,
        "路灯杆",
        lamps[0].values["height_m"],
    )


def test_social_credit_codes_have_the_right_check_character() -> None:
    assert all(is_social_credit_code(party.social_credit_code) for party in PARTIES)
    assert len({party.social_credit_code for party in PARTIES}) == len(PARTIES)


def test_a_line_is_measured_along_the_ellipsoid() -> None:
    line = Line([(114.0, 30.0), (114.0, 31.0), (115.0, 31.0)])
    corner_m = WGS84.inv(114.0, 30.0, 114.0, 31.0)[2]
    assert line.length_m == pytest.approx(corner_m + WGS84.inv(114.0, 31.0, 115.0, 31.0)[2])
    assert WGS84.inv(114.0, 31.0, *line.at(corner_m + 50_000))[2] == pytest.approx(50_000, abs=5)
    assert line.at(-5) == (114.0, 30.0)
    assert line.at(line.length_m + 5) == (115.0, 31.0)


def test_a_place_to_the_right_is_south_of_a_line_to_the_east() -> None:
    line = Line([(114.0, 30.0), (114.1, 30.0)])
    lon, lat = line.beside(4000, 100)
    assert lat < 30.0
    assert WGS84.inv(*line.at(4000), lon, lat)[2] == pytest.approx(100, rel=0.002)
