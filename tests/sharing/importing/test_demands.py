import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.importing.table import UnreadableFile
from registry.models import Organization
from sharing.importing.demands import import_demands
from sharing.models import Demand, DemandList, ListStatus, MatchRun
from sharing.workflow import lists
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = """需求名称;类型;数量;开始日期;结束日期;优先级;经度;纬度;半径;起点;终点;重量;不同路由于
站1;铁塔;3;2027-01-01;2030-01-01;1;114,305;30,593;300 m;;;120;
站2;机房;4;2027/1/1;;2;114°18'E;30°30'N;1 km;;;;
路1;光缆;4;2027年3月1日;2030-01-01;2;;;;114.3,30.5;114.4,30.6;;
路2;光缆;4;2027年3月1日;2030-01-01;2;;;;114.3,30.5;114.4,30.6;;路1
"""


@pytest.fixture
def party() -> Organization:
    return factories.organization("party")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "demands.csv"


def load(path: Path, text: str, party: Organization, title: str = "清单", **options: Any) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    report, _list = import_demands(path, party=party, title=title, options=Options(), actor=None, **options)
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def test_how_a_route_is_disjoint_is_read_and_a_distance_needs_to_be_one(file: Path, party: Organization) -> None:
    row = "光缆;2027-03-01;114.3,30.5;114.4,30.6"
    text = (
        f"名称;类型;开始日期;起点;终点;不同路由于;不同路由方式;最小间距\nA;{row};;;\nB;{row};A;距离;120\nC;{row};A;chamber;\n"
        f"D;{row};A;distance;\nE;{row};A;;50\nF;{row};A;distance;1\n"
    )
    report = load(file, text, party)
    lines = Demand.objects.order_by("line").values_list("name", "disjoint_by", "apart_m")
    assert list(lines) == [("A", "line", None), ("B", "distance", 120.0), ("C", "chamber", None)]
    assert [(row.row, row.column) for row in report.rejects] == [(5, "最小间距"), (6, "最小间距"), (7, "最小间距")]
    assert {row.reason for row in report.rejects} == {
        "A distance apart is 2 m to 100 km, given where lines are disjoint by distance; leave it empty elsewhere."
    }
    assert counts(load(file, text, party)) == (0, 0, 3, 3)


def test_points_and_routes_become_the_lines_of_a_draft(file: Path, party: Organization) -> None:
    assert counts(load(file, TEXT, party)) == (4, 0, 0, 0)
    demand_list = DemandList.objects.get()
    assert (demand_list.party, demand_list.title, demand_list.status) == (party, "清单", ListStatus.DRAFT)
    tower, room, route, second = demand_list.demands.order_by("line")
    assert (tower.name, tower.kind, tower.quantity, tower.priority) == ("站1", "tower", 3, 1)
    assert (tower.location.coords, tower.radius_m, tower.weight_kg) == ((114.305, 30.593), 300.0, Decimal(120))
    assert (tower.period.lower, tower.period.upper) == (date(2027, 1, 1), date(2030, 1, 1))
    assert (room.location.coords, room.radius_m, room.period.upper) == ((114.3, 30.5), 1000.0, None)
    assert (route.origin.coords, route.destination.coords) == ((114.3, 30.5), (114.4, 30.6))
    assert (route.location, route.radius_m, second.disjoint_from) == (None, None, route)


def test_the_same_file_again_changes_nothing_and_a_changed_line_changes_alone(file: Path, party: Organization) -> None:
    load(file, TEXT, party)
    before = list(Demand.objects.order_by("id").values())
    assert counts(load(file, TEXT, party)) == (0, 0, 4, 0)
    assert list(Demand.objects.order_by("id").values()) == before
    assert counts(load(file, TEXT.replace("站1;铁塔;3", "站1;铁塔;2"), party)) == (0, 1, 3, 0)
    assert Demand.objects.get(name="站1").quantity == 2
    assert Demand.objects.count() == 4


def test_lines_of_one_name_and_equal_lines_all_land_once(file: Path, party: Organization) -> None:
    head = "name,kind,start,lon,lat,radius\n"
    text = head + "cam,tower,2027-01-01,114.3,30.5,200\n" * 2 + "cam,tower,2027-01-01,114.4,30.5,200\n"
    assert counts(load(file, text, party)) == (3, 0, 0, 0)
    assert counts(load(file, text, party)) == (0, 0, 3, 0)


def test_every_fault_of_a_bad_line_is_named_and_good_lines_land(file: Path, party: Organization) -> None:
    head = "name,kind,quantity,start,end,priority,lon,lat,radius,power\n"
    good = "ok,tower,1,2027-01-01,,5,114.3,30.5,200,0.3\n"
    bad = [
        "a,tower,two,2027-01-01,,12,114.3,30.5,200,\n",
        "b,lamp,1,2027-01-01,,5,114.3,30.5,200,\n",
        "c,tower,1,2027-01-01,,5,30.5,114.3,200,\n",
        "d,tower,1,2027-01-01,2026-01-01,5,114.3,30.5,200,\n",
        "e,tower,1,,,5,114.3,30.5,,-1\n",
        "f,fiber,4,2027-01-01,,5,,,,\n",
        "g,tower,1,2027-01-01,,5,,,200,\n",
        "h,tower,1,2027-01-01,,5,114.3,30.5,1e308,\n",
    ]
    report = load(file, head + good + "".join(bad), party)
    assert counts(report) == (1, 0, 0, 8)
    assert [(reject.row, reject.column) for reject in report.rejects] == [
        (3, "quantity; priority"),
        (4, "kind"),
        (5, "lon"),
        (6, "end"),
        (7, "start; radius; power"),
        (8, "origin_lon; destination_lon"),
        (9, "lon"),
        (10, "radius"),
    ]
    assert report.rejects[2].reason == "The latitude 114.3 is impossible; longitude and latitude look swapped."
    assert Demand.objects.get().power_kw == Decimal("0.3")


def test_a_line_of_a_map_is_a_route_from_end_to_end(tmp_path: Path, party: Organization) -> None:
    path = tmp_path / "routes.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "R", "kind": "duct", "start": "2027-01-01", "quantity": 2},
        "geometry": {"type": "LineString", "coordinates": [[114.3, 30.5], [114.35, 30.6], [114.4, 30.5]]},
    }
    load(path, json.dumps({"type": "FeatureCollection", "features": [feature]}), party)
    route = Demand.objects.get()
    assert (route.origin.coords, route.destination.coords, route.quantity) == ((114.3, 30.5), (114.4, 30.5), 2)


def test_a_list_that_is_no_draft_any_more_is_left_alone(file: Path, party: Organization) -> None:
    file.write_text(TEXT, encoding="utf-8")
    call_command("import_demands", str(file), "--party=party", "--title=清单", "--submit", stdout=io.StringIO())
    demand_list = DemandList.objects.get()
    assert (demand_list.status, MatchRun.objects.filter(list=demand_list).count()) == (ListStatus.SUBMITTED, 1)
    assert counts(load(file, TEXT, party)) == (0, 0, 4, 0)
    with pytest.raises(UnreadableFile, match="no draft any more"):
        load(file, TEXT.replace("站1;铁塔;3", "站1;铁塔;2"), party)
    assert Demand.objects.get(name="站1").quantity == 3


def test_a_dry_run_makes_no_list(file: Path, party: Organization) -> None:
    assert counts(load(file, TEXT, party, dry_run=True)) == (4, 0, 0, 0)
    assert DemandList.objects.count() == 0


def test_submitting_a_file_without_a_good_line_fails_and_leaves_no_list(file: Path, party: Organization) -> None:
    file.write_text("name,kind,start,lon,lat,radius\na,tower,soon,114.3,30.5,200\n")
    with pytest.raises(CommandError, match="no lines"):
        call_command("import_demands", str(file), "--party=party", "--title=x", "--submit", stdout=io.StringIO())
    assert DemandList.objects.count() == 0


def test_json_of_demands_has_the_keys_of_every_import(file: Path, party: Organization) -> None:
    file.write_text(TEXT, encoding="utf-8")
    out = io.StringIO()
    call_command("import_demands", str(file), "--party=party", "--title=x", "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert {key: printed[key] for key in ("rows", "created", "rejected")} == {"rows": 4, "created": 4, "rejected": 0}


def test_a_row_changes_of_a_named_line_what_it_says_and_nothing_else(file: Path, party: Organization) -> None:
    load(
        file,
        "name,kind,quantity,start,end,priority,budget,lon,lat,radius,weight,splittable\n"
        "A,tower,3,2027-01-01,2030-01-01,1,900,114.3,30.5,200,120,yes\n",
        party,
    )
    before = Demand.objects.values().get()
    head = "name,kind,start,lon,lat,radius,quantity\n"
    short = head + "A,tower,2027-01-01,114.3,30.5,200,\n"
    assert counts(load(file, short, party)) == (0, 0, 1, 0)
    assert Demand.objects.values().get() == before
    assert counts(load(file, head + "A,tower,2027-02-01,114.3,30.6,300,2\n", party)) == (0, 1, 0, 0)
    line = Demand.objects.get()
    assert (line.location.coords, line.radius_m, line.quantity) == ((114.3, 30.6), 300.0, 2)
    assert (line.period.lower, line.period.upper) == (date(2027, 2, 1), date(2030, 1, 1))
    kept = ("priority", "budget_per_year", "weight_kg", "splittable")
    assert [getattr(line, name) for name in kept] == [before[name] for name in kept]


def test_a_first_day_after_the_end_that_a_line_has_is_refused(file: Path, party: Organization) -> None:
    head = "name,kind,start,end,lon,lat,radius\n"
    load(file, head + "A,tower,2027-01-01,2028-01-01,114.3,30.5,200\n", party)
    report = load(file, head + "A,tower,2028-01-01,,114.3,30.5,200\n", party)
    assert (counts(report), report.rejects[0].column) == ((0, 0, 0, 1), "start")
    assert Demand.objects.get().period.upper == date(2028, 1, 1)


def test_a_row_that_names_no_twin_leaves_that_of_its_line_and_repeats_nothing(file: Path, party: Organization) -> None:
    load(file, TEXT, party)
    route = "路2;光缆;4;2027-03-01;2030-01-01;2;114.3,30.5;114.4,30.6"
    text = f"需求名称;类型;数量;开始日期;结束日期;优先级;起点;终点\n{route}\n"
    assert counts(load(file, text, party)) == (0, 0, 1, 0)
    twin = text.replace("终点\n", "终点;不同路由于\n").replace("30.6\n", "30.6;无名\n")
    report = load(file, twin, party)
    assert (counts(report), [warning.text for warning in report.warnings]) == (
        (0, 0, 1, 0),
        ["There is no other line named 无名."],
    )
    assert Demand.objects.get(name="路2").disjoint_from == Demand.objects.get(name="路1")


def test_how_a_line_is_disjoint_is_said_with_its_distance(file: Path, party: Organization) -> None:
    head = "name,kind,start,origin,destination,disjoint_by,apart\n"
    row = 'A,duct,2027-01-01,"114.3,30.5","114.4,30.6"'
    load(file, f"{head}{row},distance,50\n", party)
    assert counts(load(file, f"{head}{row},,\n", party)) == (0, 0, 1, 0)
    assert counts(load(file, f"{head}{row},line,\n", party)) == (0, 1, 0, 0)
    assert Demand.objects.values_list("disjoint_by", "apart_m").get() == ("line", None)


def test_a_list_that_is_no_draft_any_more_takes_what_it_has_already_in_fewer_columns(
    file: Path, party: Organization
) -> None:
    load(file, "name,kind,start,lon,lat,radius,weight\nA,tower,2027-01-01,114.3,30.5,200,7\n", party)
    lists.submit(DemandList.objects.get(), actor=None)
    fewer = "name,kind,start,lon,lat,radius\nA,tower,2027-01-01,114.3,30.5,200\n"
    assert counts(load(file, fewer, party)) == (0, 0, 1, 0)
    with pytest.raises(UnreadableFile, match="no draft any more"):
        load(file, fewer.replace("200", "201"), party)
