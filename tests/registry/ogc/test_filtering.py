"""Part 3 (OGC 19-079r2) with CQL2 (21-065r2), as text and as JSON."""

import json
import time
from typing import Any

import pytest
from django.db import connection
from django.db.models import BooleanField, Func
from django.test.utils import CaptureQueriesContext

from registry import time_limit
from registry.kinds import Kind
from registry.models import Asset, Protection
from registry.ogc import catalog, parameters
from registry.ogc.filtering.reading import MOST_CHARACTERS, MOST_OPERATORS
from registry.ogc.properties import Property
from tests import factories
from tests.calls import problem
from tests.registry.ogc.conftest import Map

pytestmark = pytest.mark.django_db

ALL = ["T-0", "T-1", "T-2", "T-3", "T-4", "T-2030"]


@pytest.fixture
def varied(one_map: Map) -> Map:
    """Towers of several heights (20 m to 24 m; the planned one's unknown), names and sectors."""
    towers = Asset.objects.filter(kind=Kind.TOWER)
    towers.filter(code="T-0").update(name="东湖 O'Hara's Pole", open_to_sectors=["power"])
    towers.filter(code="T-1").update(name="100% Mast_1", open_to_sectors=["power", "telecom"], capacity=6)
    towers.filter(code="T-2").update(name="100 Masts", open_to_sectors=[])
    return one_map


# text, the same in JSON (None: not another time), and the towers that fulfil it.
FILTERS: list[tuple[str, Any, list[str]]] = [
    ("height_m = 21", {"op": "=", "args": [{"property": "height_m"}, 21]}, ["T-1"]),
    ("height_m <> 21", None, ["T-0", "T-2", "T-3", "T-4"]),
    ("height_m > 22.5", None, ["T-3", "T-4"]),
    ("height_m >= 22 AND height_m <= 23", None, ["T-2", "T-3"]),
    # And binds closer than or; not closer than and.
    ("code = 'T-0' OR code = 'T-1' AND height_m = 24", None, ["T-0"]),
    ("NOT code = 'T-0' AND height_m < 22", None, ["T-1"]),
    ("NOT (height_m > 20 OR code = 'T-2030')", None, ["T-0"]),
    # The planned tower's height is unknown: neither a condition nor its negation holds.
    ("NOT height_m > 20", {"op": "not", "args": [{"op": ">", "args": [{"property": "height_m"}, 20]}]}, ["T-0"]),
    ("height_m IS NULL", {"op": "isNull", "args": [{"property": "height_m"}]}, ["T-2030"]),
    ("height_m IS NOT NULL AND height_m < 21", None, ["T-0"]),
    (
        "height_m BETWEEN 21 AND 22 AND code <> 'T-2'",
        {
            "op": "and",
            "args": [
                {"op": "between", "args": [{"property": "height_m"}, 21, 22]},
                {"op": "<>", "args": [{"property": "code"}, "T-2"]},
            ],
        },
        ["T-1"],
    ),
    (
        "code IN ('T-1', 'T-4', 'T-9')",
        {"op": "in", "args": [{"property": "code"}, ["T-1", "T-4", "T-9"]]},
        ["T-1", "T-4"],
    ),
    ("code NOT IN ('T-1', 'T-2030')", None, ["T-0", "T-2", "T-3", "T-4"]),
    ("name = '东湖 O''Hara''s Pole'", {"op": "=", "args": [{"property": "name"}, "东湖 O'Hara's Pole"]}, ["T-0"]),
    ("name LIKE '100%'", {"op": "like", "args": [{"property": "name"}, "100%"]}, ["T-1", "T-2"]),
    (r"name LIKE '100\%%'", {"op": "like", "args": [{"property": "name"}, r"100\%%"]}, ["T-1"]),
    ("name LIKE '100 Mast_'", None, ["T-2"]),
    ("name NOT LIKE '%' ", None, []),
    ("CASEI(name) LIKE CASEI('%MAST%')", None, ["T-1", "T-2"]),
    # What can be few words only is compared as it stands; the answer is that of lower case all the same.
    ("CASEI(status) = CASEI('PLANNED')", None, ["T-2030"]),
    ("CASEI('PLANNED') = CASEI(status)", None, ["T-2030"]),
    ("CASEI(status) = 'planned'", None, ["T-2030"]),
    ("CASEI(status) = 'PLANNED'", None, []),
    ("CASEI(status) <> CASEI('In_Service')", None, ["T-2030"]),
    ("CASEI(status) IN (CASEI('PLANNED'), CASEI('gone'))", None, ["T-2030"]),
    ("CASEI(status) = CASEI(status) AND CASEI(status) = CASEI('gone')", None, []),
    (
        "CASEI(code) = CASEI('t-3')",
        {
            "op": "=",
            "args": [{"op": "casei", "args": [{"property": "code"}]}, {"op": "casei", "args": ["t-3"]}],
        },
        ["T-3"],
    ),
    ("place_is_exact = true AND capacity = 6", None, ["T-1"]),
    ("NOT place_is_exact", {"op": "not", "args": [{"property": "place_is_exact"}]}, []),
    ("capacity > free_today", None, []),
    ("available_from = DATE('2030-01-01')", None, ["T-2030"]),
    ("available_from >= '2030-01-01'", None, ["T-2030"]),
    ("created_at > TIMESTAMP('2020-01-01T00:00:00Z')", None, ALL),
    ("T_AFTER(available_from, DATE('2029-12-31'))", None, ["T-2030"]),
    ("T_BEFORE(available_from, DATE('2030-01-01'))", None, []),
    ("T_EQUALS(available_from, DATE('2030-01-01'))", None, ["T-2030"]),
    (
        "T_DURING(available_from, INTERVAL('2029-01-01', '..'))",
        {"op": "t_during", "args": [{"property": "available_from"}, {"interval": ["2029-01-01", ".."]}]},
        ["T-2030"],
    ),
    ("T_INTERSECTS(created_at, INTERVAL('2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'))", None, []),
    ("T_DISJOINT(available_from, INTERVAL('..', '2029-01-01'))", None, ["T-2030"]),
    ("A_CONTAINS(open_to_sectors, ('power', 'telecom')) AND height_m < 22", None, ["T-1"]),
    (
        "A_CONTAINEDBY(open_to_sectors, ('power'))",
        {"op": "a_containedBy", "args": [{"property": "open_to_sectors"}, ["power"]]},
        ["T-0", "T-2"],
    ),
    ("A_OVERLAPS(open_to_sectors, ('telecom')) AND height_m < 23", None, ["T-1"]),
    ("A_EQUALS(open_to_sectors, ('power'))", None, ["T-0"]),
    ("S_INTERSECTS(place, BBOX(114.295, 30, 114.315, 30.6))", None, ["T-0", "T-1"]),
    (
        "S_INTERSECTS(place, POINT(114.31 30.59))",
        {"op": "s_intersects", "args": [{"property": "place"}, {"type": "Point", "coordinates": [114.31, 30.59]}]},
        ["T-1"],
    ),
    ("S_DISJOINT(place, BBOX(114.295, 30, 114.325, 31))", None, ["T-3", "T-4"]),
    ("NOT S_INTERSECTS(place, BBOX(114.295, 30, 114.325, 31))", None, ["T-3", "T-4"]),
    ("S_CONTAINS(POLYGON((114.3 30.5, 114.4 30.5, 114.4 30.6, 114.3 30.6, 114.3 30.5)), place)", None, ALL[1:5]),
    ("S_TOUCHES(place, LINESTRING(114.30 30.59, 114.32 30.59))", None, ["T-0", "T-2"]),
    ("S_EQUALS(place, POINT(114.33 30.59)) OR S_WITHIN(place, BBOX(114.335,30,115,31))", None, ["T-3", "T-4"]),
    ("S_OVERLAPS(place, MULTIPOINT((114.30 30.59), (114.31 30.59)))", None, []),
    ("true", True, ALL),
    ("1 = 2", None, []),
]


@pytest.mark.parametrize(("text", "as_json", "found"), FILTERS, ids=[text for text, _json, _found in FILTERS])
def test_filters_find_what_they_say(varied: Map, text: str, as_json: Any, found: list[str]):
    assert varied.codes(filter=text) == found
    assert varied.codes(filter=text, filter_lang="cql2-text") == found
    if as_json is not None:
        assert varied.codes(filter=json.dumps(as_json), filter_lang="cql2-json") == found


def test_a_filter_a_box_a_day_and_a_value_hold_at_once(varied: Map):
    everything: dict[str, Any] = {
        "filter": "height_m < 23 OR height_m IS NULL", "bbox": "114.295,30,114.315,31", "capacity": 4,
        "datetime": "2028-01-01T00:00:00Z",
    }  # fmt: skip
    factories.asset(varied.owner, code="T-HIGH", at=(114.30, 30.59), details={"height_m": 50.0})
    assert varied.codes(**everything) == ["T-0"]
    for name in everything:
        assert len(varied.codes(**{key: value for key, value in everything.items() if key != name})) > 1, name


def test_lines_are_related_by_space(varied: Map):
    for text, found in (
        ("S_CROSSES(place, LINESTRING(114.31 30.5, 114.31 30.7))", ["D-1"]),
        ("S_CROSSES(place, LINESTRING(114.40 30.5, 114.40 30.7))", []),
        ("S_WITHIN(place, BBOX(114.3, 30.5, 114.4, 30.7))", ["D-1"]),
        ("length_m BETWEEN 900 AND 1000", ["D-1"]),
    ):
        assert varied.codes("ducts", filter=text) == found, text


@pytest.mark.parametrize("name", ["length_m", "cable_length_m", "route_length_m"])
def test_the_length_of_a_masked_cable_is_neither_shown_nor_compared(varied: Map, name: str):
    details = {"cable_length_m": 1000.0, "route_length_m": 950.0}
    factories.asset(varied.owner, Kind.FIBER, code="F-2", protection=Protection.RESTRICTED, details=details)
    told = {"F-1": None, "F-2": None}
    for feature in varied.read("collections/fibers/items")["features"]:
        told[feature["properties"]["code"]] = feature["properties"][name]
    assert told["F-2"] is None
    for text in (f"{name} > 900 AND {name} < 1100", f"NOT {name} > 1100", f"{name} IS NOT NULL AND code = 'F-2'"):
        assert "F-2" not in varied.codes("fibers", filter=text), text
    varied.caller.client.force_login(factories.member(varied.owner))
    assert "F-2" in varied.codes("fibers", filter=f"{name} > 900 AND {name} < 1100")


def test_periods_of_demands_are_spans(varied: Map):
    listed = factories.demand_list(factories.organization("asks"))
    demand = factories.demand(listed, name="Site 1", period=factories.period(30, 10))
    viewer = factories.member(listed.party)
    starts, ends = demand.period.lower, demand.period.upper
    span = "INTERVAL(starts_on, ends_on)"

    def finds(text: str) -> bool:
        varied.caller.client.force_login(viewer)
        return bool(varied.read("collections/demands/items", filter=text)["features"])

    assert finds(f"T_INTERSECTS({span}, DATE('{starts}'))")
    # The period ends before its upper day (Demand.period).
    assert not finds(f"T_INTERSECTS({span}, DATE('{ends}'))")
    assert finds(f"T_STARTEDBY({span}, DATE('{starts}'))") and not finds(f"T_CONTAINS({span}, DATE('{starts}'))")
    assert finds(f"T_DURING({span}, INTERVAL('2020-01-01', '..'))")
    assert finds(f"T_OVERLAPS(INTERVAL('2020-01-01', '{starts}'), {span})") is False
    assert finds(f"T_MEETS(INTERVAL('2020-01-01', '{starts}'), {span})")
    assert finds(f"T_BEFORE({span}, DATE('{ends}'))")
    assert not finds(f"T_CONTAINS({span}, INTERVAL('{ends}', '2999-01-01'))")
    type(demand).objects.update(period=factories.period(30, None))
    assert finds(f"T_INTERSECTS({span}, INTERVAL('2998-01-01', '2999-01-01'))")
    assert finds(f"T_CONTAINS({span}, INTERVAL('{ends}', '2999-01-01'))") and not finds("ends_on IS NOT NULL")


@pytest.mark.parametrize(
    "text",
    [
        "", "height_m", "height_m =", "height = 3", "owner__memberships__user__password = 'x'", "geometry = 'x'",
        "height_m = 'high'", "height_m = place_is_exact", "place_is_exact > false", "capacity + 1 > 2",
        "1 / (capacity - 4) > 0", "pg_sleep(3) = 1", "ACCENTI(name) = 'x'", r"name LIKE 'a\'", "name LIKE code",
        "open_to_sectors = 'power'", "A_CONTAINS(name, ('x'))", "A_CONTAINS(open_to_sectors, (1))",
        "available_from > 'soon'", "available_from > TIMESTAMP('2027-01-01T00:00:00Z')",
        "T_AFTER(name, DATE('2027-01-01'))",
        "T_AFTER(available_from, DATE('2027-02-30'))", "T_INTERSECTS(INTERVAL('..', '..'), INTERVAL('..', '..'))",
        "S_INTERSECTS(place)", "S_INTERSECTS(POINT(1 2), POINT(1 91))", "S_INTERSECTS(name, POINT(1 2))",
        "S_INTERSECTS(place, POINT(1 91))", "S_INTERSECTS(place, BBOX(1, 2, 3))", "S_INTERSECTS(place, 'x')",
        "S_INTERSECTS(place, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "S_INTERSECTS(place, POLYGON((0 0, 1 1, 0 0)))",
        "S_INTERSECTS(place, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 94)))", "S_NEAR(place, POINT(1 2))",
        "height_m = 1e999", "place IS NULL OR", "code = 'x' -- y", "code = 'x'; DROP TABLE registry_asset",
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(varied: Map, text: str):
    response = varied.get("collections/towers/items", filter=text)
    assert problem(response, 400, "bad_input") == [("filter", "filter")]


@pytest.mark.parametrize(
    "text",
    [
        "{", "null", "[]", "3", '"x"', "{}", '{"op": "and"}', '{"op": "and", "args": []}', '{"op": "and", "args": 3}',
        '{"op": "=", "args": [{"property": "code"}]}', '{"op": "=", "args": [{"property": ["code"]}, "x"]}',
        '{"op": ["="], "args": [1, 1]}', '{"op": "=", "args": [NaN, 1]}', '{"op": "=", "args": [Infinity, 1]}',
        '{"op": "=", "args": [{"property": "code"}, null]}', '{"op": "=", "args": [{"property": "code"}, "\\u0000"]}',
        '{"op": "=", "args": [{"property": "code"}, "\\ud800"]}', '{"op": "in", "args": [{"property": "code"}, []]}',
        '{"op": "like", "args": [{"property": "code"}, {"op": "casei", "args": [{"property": "code"}]}]}',
        '{"op": "s_intersects", "args": [{"property": "place"}, {"type": "Point", "coordinates": ["a", 1]}]}',
        '{"op": "s_intersects", "args": [{"property": "place"}, {"type": "Point", "coordinates": []}]}',
        '{"op": "s_intersects", "args": [{"property": "place"}, {"type": "Blob", "coordinates": [1, 2]}]}',
        '{"op": "s_intersects", "args": [{"property": "place"}, {"bbox": [1, 2, 3, "4"]}]}',
        '{"op": "s_intersects", "args": [{"property": "place"}, {"bbox": [1, 2, 1e400, 4]}]}',
        '{"op": "t_after", "args": [{"property": "available_from"}, {"date": 3}]}',
        '{"op": "t_after", "args": [{"interval": []}, {"date": "2027-01-01"}]}',
        '{"op": "=", "args": [1' + "0" * 400 + ", 1]}",
        '{"op": "=", "args": [1' + "0" * 3900 + ", 1]}",
        "[" * 3900,
    ],
)  # fmt: skip
def test_json_that_is_no_filter_is_refused(varied: Map, text: str):
    response = varied.get("collections/towers/items", filter=text, filter_lang="cql2-json")
    assert problem(response, 400, "bad_input") == [("filter", "filter")]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("(" * 3900 + "height_m IN (1" + ")" * 3900, "cql2-text"),
        ("S_INTERSECTS(place, " + "(" * 3900, "cql2-text"),
        ("f(" * 1900 + "1" + ")" * 1900, "cql2-text"),
        ("(1," * 1900 + "1" + ")" * 1900, "cql2-text"),
        ("NOT " * 900 + "true", "cql2-text"),
        ("-" * 3900 + "1 = 1", "cql2-text"),
        (" OR ".join(["capacity=1"] * (MOST_OPERATORS + 1)), "cql2-text"),
        ("code = '" + "x" * MOST_CHARACTERS + "'", "cql2-text"),
        ("S_INTERSECTS(place, LINESTRING(" + ", ".join(["1 2"] * 1500) + "))", "cql2-text"),
        ('{"op": "not", "args": [' * 150 + "true" + "]}" * 150, "cql2-json"),
        ('{"op":"not","args":[' * 30 + "true" + "]}" * 30, "cql2-json"),
    ],
)
def test_a_deep_or_huge_filter_is_refused_at_once(varied: Map, text: str, language: str):
    started = time.perf_counter()
    response = varied.get("collections/towers/items", filter=text, filter_lang=language)
    assert problem(response, 400, "bad_input") == [("filter", "filter")]
    assert time.perf_counter() - started < 1


def test_a_filter_that_takes_too_long_is_refused(varied: Map, monkeypatch: pytest.MonkeyPatch):
    """Written in CQL2, or as a parameter of its own, which has no index either. Whatever is shown of a tower, another
    second passes for each."""
    slowly = Property(
        "slowly",
        "slowly",
        "boolean",
        Func(function="pg_sleep", template="(pg_sleep(1) IS NOT NULL)", output_field=BooleanField()),
    )
    towers = catalog.COLLECTIONS[0]
    monkeypatch.setitem(towers.properties, "slowly", slowly)
    monkeypatch.setattr(time_limit, "LONGEST_FILTER_S", 1)
    for name, value in (("filter", "slowly"), ("slowly", "true")):
        response = varied.get("collections/towers/items", **{name: value})
        assert problem(response, 400, "bad_input") == [(name, "too_costly")]


def test_queryables_are_a_schema_of_what_filters_can_name(varied: Map):
    for collection in varied.read("collections")["collections"]:
        [link] = [one for one in collection["links"] if one["rel"].endswith("/rel/ogc/1.0/queryables")]
        response = varied.get(link["href"])
        assert response["Content-Type"] == "application/schema+json" == link["type"]
        schema = response.json()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"http://testserver/ogc/collections/{collection['id']}/queryables"
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        place = schema["properties"].pop("place")
        assert (place["format"], place["x-ogc-role"], "type" in place) == (
            {"towers": "geometry-point", "ducts": "geometry-linestring", "fibers": "geometry-linestring",
             "equipment-rooms": "geometry-point"}.get(collection["id"], "geometry-any"),
            "primary-geometry",
            False,
        )  # fmt: skip
        for name, known in schema["properties"].items():
            assert known["type"] in ("string", "number", "integer", "boolean", "array"), name
        # Each can be asked about.
        asked = " OR ".join(f"{name} IS NULL" for name in schema["properties"])
        assert varied.get(f"collections/{collection['id']}/items", filter=asked).status_code == 200


def test_moments_are_told_and_compared_to_the_millisecond(varied: Map):
    Asset.objects.filter(code="T-3").update(updated_at="2026-01-31T00:00:59.999999Z")
    assert varied.codes(filter="updated_at = TIMESTAMP('2026-01-31T00:00:59.999Z')") == ["T-3"]
    [shown] = varied.read("collections/towers/items", updated_at="2026-01-31T00:00:59.999Z")["features"]
    assert shown["properties"]["updated_at"] == "2026-01-31T08:00:59.999000+08:00"


def test_features_have_the_types_that_their_schema_says(varied: Map):
    for name in ("towers", "ducts", "fibers", "equipment-rooms", "planned-facilities"):
        schema = varied.read(f"collections/{name}/schema")
        described = schema["properties"]["properties"]["properties"]
        for feature in varied.read(f"collections/{name}/items")["features"]:
            assert list(feature["properties"]) == list(described)
            for key, value in feature["properties"].items():
                types = {
                    "string": str, "number": float, "integer": int, "boolean": bool, "array": list,
                }  # fmt: skip
                assert value is None or type(value) is types[described[key]["type"]], key


def test_a_word_of_few_is_compared_as_it_stands_so_that_postgresql_knows_how_many_there_are(varied: Map):
    with CaptureQueriesContext(connection) as asked:
        varied.get("collections/towers/items", filter="CASEI(status) = CASEI('In_Service')")
    [page] = [query["sql"] for query in asked if "LIMIT 101" in query["sql"] and "EXPLAIN" not in query["sql"]]
    assert "\"status\" = 'in_service'" in page and "LOWER(" not in page


@pytest.mark.parametrize("box", ["114.295,30.585,114.335,30.595", "113,30,116,32"], ids=["narrow", "wide"])
@pytest.mark.parametrize("few", [False, True], ids=["by the index of ids", "sorted"])
def test_pages_of_a_box_hold_each_once_and_in_order(varied: Map, monkeypatch: pytest.MonkeyPatch, box: str, few: bool):
    monkeypatch.setattr(parameters, "are_few", lambda rows: few)
    whole = varied.get("collections/towers/items", bbox=box).json()
    told, address, query = [], "collections/towers/items", {"bbox": box, "limit": 2}
    while address:
        page = varied.get(address, **query).json()
        told += [one["id"] for one in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address, query = (following[0].partition("/ogc/")[2], {}) if following else ("", {})
    assert told == sorted(told) == [one["id"] for one in whole["features"]] and len(told) >= 4
