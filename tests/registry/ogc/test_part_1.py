"""The abstract tests of OGC 17-069r4, annex A, each by its name there, for the classes that are declared: Core,
GeoJSON, HTML and OpenAPI 3.0. Those about a definition read the OpenAPI document, the others call the service."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
import schemathesis
import shapely
from django.conf import settings
from django.contrib.gis.geos import LineString
from django.test import Client

from registry.api import corners
from registry.kinds import Kind
from registry.ogc.parameters import DEFAULT_LIMIT, MOST
from tests import factories
from tests.calls import Caller, problem
from tests.registry.ogc.conftest import Map

pytestmark = pytest.mark.django_db

COLLECTIONS = ["towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands"]
# Of the annex: 34 of Core, 2 of GeoJSON, 2 of HTML and 6 of OpenAPI 3.0.
ABSTRACT_TESTS = 44
WITH_FEATURES = COLLECTIONS[:-1]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def definition(one_map: Map) -> Any:
    return one_map.read("api")


def links(document: Any, rel: str) -> list[Any]:
    return [link for link in document["links"] if link["rel"] == rel]


def parameter(one_map: Map, name: str) -> Any:
    """As the document defines it for the features of each collection."""
    api = definition(one_map)
    for collection in COLLECTIONS:
        used = api["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
        assert {"$ref": f"#/components/parameters/{name}"} in used
    return api["components"]["parameters"][name]


def valid(document: Any, schema: str, one_map: Map) -> None:
    """The document fulfils a schema of the OpenAPI document."""
    components = json.loads(json.dumps(definition(one_map)["components"]).replace('"nullable": true', '"x": 1'))
    # OpenAPI 3.0 says `nullable` where JSON Schema has a type more; only extents use it.
    interval = components["schemas"]["extent"]["properties"]["temporal"]["properties"]["interval"]
    interval["items"]["items"]["type"] = ["string", "null"]
    jsonschema.validate(document, {"$ref": f"#/components/schemas/{schema}", "components": components})


def pages(one_map: Map) -> Iterator[str]:
    """Every address that the document describes, with the ids of what is there."""
    ids = {name: one_map.read(f"collections/{name}/items", limit=1)["features"][0]["id"] for name in WITH_FEATURES}
    for path in definition(one_map)["paths"]:
        name = path.split("/")[2] if path.startswith("/collections/") else ""
        if "{featureId}" not in path:
            yield path[1:]
        elif name in ids:
            yield path[1:].replace("{featureId}", str(ids[name]))


# --- Core: landing page, definition, conformance -----------------------------------------------------------------


def test_conf_core_http(one_map: Map):
    for path in pages(one_map):
        assert one_map.get(path).status_code == 200, path
        assert one_map.caller.call("HEAD", f"/ogc/{path}").status_code == 200, path


def test_conf_core_root_op(one_map: Map):
    valid(one_map.read(""), "landingPage", one_map)


def test_conf_core_root_success(one_map: Map):
    landing = one_map.read("")
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        assert links(landing, rel), rel
        for link in links(landing, rel):
            assert one_map.get(link["href"]).headers["Content-Type"].startswith(link["type"])


def test_conf_core_api_definition_op(one_map: Map):
    for link in links(one_map.read(""), "service-desc") + links(one_map.read(""), "service-doc"):
        assert one_map.get(link["href"]).status_code == 200


def test_conf_core_api_definition_success(one_map: Map):
    api = definition(one_map)
    assert api["openapi"] == "3.0.3"
    assert schemathesis.openapi.from_dict(api).validate() is None


def test_conf_core_conformance_op(one_map: Map):
    for link in links(one_map.read(""), "conformance"):
        assert one_map.read(link["href"]) == one_map.read("conformance") | {
            "links": one_map.read(link["href"])["links"]
        }


def test_conf_core_conformance_success(one_map: Map):
    declared = one_map.read("conformance")
    valid(declared, "confClasses", one_map)
    part = "http://www.opengis.net/spec/ogcapi-features-"
    assert {
        f"{part}1/1.0/conf/core", f"{part}1/1.0/conf/oas30", f"{part}1/1.0/conf/html", f"{part}1/1.0/conf/geojson",
        f"{part}2/1.0/conf/crs", f"{part}3/1.0/conf/filter", f"{part}3/1.0/conf/features-filter",
        f"{part}3/1.0/conf/queryables",
    } <= set(declared["conformsTo"])  # fmt: skip


# --- Core: collections ---------------------------------------------------------------------------------------------


def test_conf_core_fc_md_op(one_map: Map):
    valid(one_map.read("collections"), "collections", one_map)


def test_conf_core_fc_md_success(one_map: Map):
    assert [collection["id"] for collection in one_map.read("collections")["collections"]] == COLLECTIONS


def test_conf_core_fc_md_links(one_map: Map):
    linked = one_map.read("collections")
    assert [(link["rel"], link["type"]) for link in linked["links"]] == [
        ("self", "application/json"),
        ("alternate", "text/html"),
    ]


def test_conf_core_fc_md_items(one_map: Map):
    for collection in one_map.read("collections")["collections"]:
        valid(collection, "collection", one_map)
        assert collection["title"] and collection["description"]


def test_conf_core_fc_md_items_links(one_map: Map):
    for collection in one_map.read("collections")["collections"]:
        assert [link["type"] for link in links(collection, "items")] == ["application/geo+json", "text/html"]
        assert all(link["rel"] and link["type"] for link in collection["links"])
        for link in collection["links"]:
            assert one_map.get(link["href"]).headers["Content-Type"].startswith(link["type"]), link


def test_conf_core_fc_md_extent(one_map: Map):
    """The same for everyone, whatever there is: it tells nothing of where protected places are."""
    for collection in one_map.read("collections")["collections"]:
        assert collection["extent"]["spatial"] == {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}
        assert collection["extent"]["temporal"]["interval"] == [[None, None]]


def test_conf_core_fc_md_extent_multi(one_map: Map):
    """One box and one interval only, which hold every feature."""
    for name in COLLECTIONS:
        extent = one_map.read(f"collections/{name}")["extent"]
        [box], [interval] = extent["spatial"]["bbox"], extent["temporal"]["interval"]
        assert interval == [None, None]
        features = one_map.read(f"collections/{name}/items")["features"]
        assert bool(features) == (name in WITH_FEATURES)
        for feature in features:
            assert shapely.box(*box).covers(shapely.from_geojson(json.dumps(feature["geometry"]))), feature


def test_conf_core_sfc_md_op(one_map: Map):
    for name in COLLECTIONS:
        valid(one_map.read(f"collections/{name}"), "collection", one_map)
    problem(one_map.get("collections/boats"), 404, "not_seen")


def test_conf_core_sfc_md_success(one_map: Map):
    for collection in one_map.read("collections")["collections"]:
        alone = one_map.read(f"collections/{collection['id']}")
        for member in ("id", "title", "description", "extent", "itemType", "crs", "storageCrs"):
            assert alone[member] == collection[member]
        assert {link["href"] for link in collection["links"]} <= {link["href"] for link in alone["links"]}


# --- Core: features ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COLLECTIONS)
def test_conf_core_fc_op(one_map: Map, name: str):
    found = one_map.read(f"collections/{name}/items")
    valid(found, "featureCollection", one_map)
    assert bool(found["features"]) == (name in WITH_FEATURES)


def test_conf_core_fc_op_bbox_and_datetime(one_map: Map):
    """Both at once: what meets either alone is left out."""
    assert one_map.codes(bbox="114.295,30.5,114.315,30.7") == ["T-0", "T-1", "T-2030"]
    assert one_map.codes(bbox="114.295,30.5,114.315,30.7", datetime="2029-12-31T00:00:00Z") == ["T-0", "T-1"]


def test_conf_core_fc_bbox_definition(one_map: Map):
    defined = parameter(one_map, "bbox")
    assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
        "query",
        False,
        "form",
        False,
    )
    assert defined["schema"] == {
        "type": "array", "items": {"type": "number"},
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    }  # fmt: skip


def test_conf_core_fc_bbox_response(one_map: Map):
    assert one_map.codes(bbox="114.305,30.58,114.325,30.60") == ["T-1", "T-2"]
    # With heights, which no place here has; across the antimeridian; and a line that only crosses the box.
    assert one_map.codes(bbox="114.305,30.58,-10,114.325,30.60,500") == ["T-1", "T-2"]
    assert one_map.codes(bbox="114.335,30,-179,31") == ["T-4"]
    assert one_map.codes("ducts", bbox="114.309,30.59,114.311,30.60") == ["D-1"]
    assert one_map.codes("ducts", bbox="114.320,30.59,114.321,30.60") == []


def test_conf_core_fc_limit_definition(one_map: Map):
    defined = parameter(one_map, "limit")
    assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
        "query",
        False,
        "form",
        False,
    )
    assert defined["schema"] == {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}


def test_conf_core_fc_limit_response(one_map: Map):
    assert one_map.codes(limit=2) == ["T-0", "T-1"]
    everything = one_map.codes()
    assert one_map.codes(limit=MOST) == one_map.codes(limit=MOST + 1) == one_map.codes(limit=10**12) == everything
    for limit in ("0", "-1", "ten", "1.5", "", "9" * 30):
        assert problem(one_map.get("collections/towers/items", limit=limit), 400, "bad_input") == [
            ("limit", "invalid")
        ]


def test_conf_core_fc_time_definition(one_map: Map):
    defined = parameter(one_map, "datetime")
    assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
        "query",
        False,
        "form",
        False,
    )
    assert defined["schema"] == {"type": "string"}


@pytest.mark.parametrize(
    ("datetime", "towers", "plans"),
    [
        ("2028-01-01T00:00:00Z", 5, 1),
        ("2026-01-01T00:00:00Z", 5, 0),
        ("2030-01-01T12:00:00+08:00", 6, 1),
        # In the registry's time zone (Asia/Shanghai) the first day of 2030 has begun.
        ("2029-12-31T16:00:00Z", 6, 1),
        ("2029-12-31T15:59:59Z", 5, 1),
        ("2031-01-01T00:00:00Z/2032-01-01T00:00:00Z", 6, 0),
        ("../2027-05-31T00:00:00Z", 5, 0),
        ("/2027-06-01T00:00:00Z", 5, 1),
        ("2030-01-01T00:00:00Z/..", 6, 1),
        ("2030-01-02T00:00:00Z/", 6, 0),
        ("../..", 6, 1),
        ("2028-01-01", 5, 1),
    ],
)
def test_conf_core_fc_time_response(one_map: Map, datetime: str, towers: int, plans: int):
    """A tower is there from `available_from`, or always; a plan's works last from their start to its opening."""
    assert len(one_map.codes("towers", datetime=datetime)) == towers
    assert len(one_map.codes("planned-facilities", datetime=datetime)) == plans


def test_conf_core_fc_response(one_map: Map):
    found = one_map.read("collections/towers/items")
    assert found["type"] == "FeatureCollection"
    first = found["features"][0]
    assert (first["type"], first["id"], first["geometry"]) == (
        "Feature", one_map.towers[0].pk, {"type": "Point", "coordinates": [114.3, 30.59]},
    )  # fmt: skip
    assert (first["properties"]["code"], first["properties"]["height_m"]) == ("T-0", 20.0)


def test_conf_core_fc_links(one_map: Map):
    found = one_map.read("collections/towers/items", limit=2)
    assert [(link["rel"], link["type"]) for link in found["links"]] == [
        ("self", "application/geo+json"),
        ("alternate", "text/html"),
        ("next", "application/geo+json"),
        ("collection", "application/json"),
    ]
    assert all(one_map.get(link["href"]).status_code == 200 for link in found["links"])


def test_next_links_lead_to_the_last_page_whatever_is_written_meanwhile(one_map: Map):
    address, seen = "collections/towers/items?limit=2&height_m=20&bbox=114,30,115,31", []
    for n in range(3):
        factories.asset(one_map.owner, code=f"LATE-{n}", details={"height_m": 20.0})
    while address:
        found = one_map.read(address)
        seen += [feature["properties"]["code"] for feature in found["features"]]
        address = next((link["href"] for link in links(found, "next")), "")
        if len(seen) == 2:
            factories.asset(one_map.owner, code="LAST", details={"height_m": 20.0})
    assert seen == ["T-0", "LATE-0", "LATE-1", "LATE-2", "LAST"]


def test_a_page_ends_where_its_corners_are_many(one_map: Map, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(corners, "MOST_OF_A_PAGE", 8)
    for n, count in enumerate([2, 9, 4, 4]):
        duct = factories.asset(one_map.owner, Kind.DUCT, code=f"LONG-{n}")
        duct.geometry = LineString([(114 + corner / 1000, 30.5) for corner in range(count)], srid=4326)
        duct.save()
    address, pages = "collections/ducts/items?limit=3", []
    while address:
        found = one_map.read(address)
        pages.append([feature["properties"]["code"] for feature in found["features"]])
        address = next((link["href"] for link in links(found, "next")), "")
    assert pages == [["D-1", "LONG-0"], ["LONG-1"], ["LONG-2", "LONG-3"]]
    assert one_map.read("collections/towers/items", limit=5)["numberReturned"] == 5


def test_conf_core_fc_time_stamp(one_map: Map):
    stamp = one_map.read("collections/towers/items")["timeStamp"]
    assert stamp.endswith("Z")
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(stamp) < timedelta(seconds=10)


def test_conf_core_fc_number_matched(one_map: Map):
    """Left out, as the standard allows: counting a million takes longer than reading a page."""
    assert "numberMatched" not in one_map.read("collections/towers/items")


def test_conf_core_fc_number_returned(one_map: Map):
    assert one_map.read("collections/towers/items", limit=4)["numberReturned"] == 4
    assert one_map.read("collections/towers/items", code="none")["numberReturned"] == 0


@pytest.mark.parametrize("name", WITH_FEATURES)
def test_conf_core_f_op(one_map: Map, name: str):
    for feature in one_map.read(f"collections/{name}/items")["features"]:
        alone = one_map.read(f"collections/{name}/items/{feature['id']}")
        assert {**alone, "links": []} == {**feature, "links": []}
    for absent in (2**40, 2**70, one_map.facility.pk if name == "towers" else one_map.towers[0].pk + 1000):
        problem(one_map.get(f"collections/{name}/items/{absent}"), 404, "not_seen")


def test_conf_core_f_success(one_map: Map):
    valid(one_map.read(f"collections/towers/items/{one_map.towers[0].pk}"), "feature", one_map)


def test_conf_core_f_links(one_map: Map):
    feature = one_map.read(f"collections/towers/items/{one_map.towers[0].pk}")
    assert [(link["rel"], link["type"]) for link in feature["links"]] == [
        ("self", "application/geo+json"),
        ("alternate", "text/html"),
        ("collection", "application/json"),
    ]


def test_conf_core_crs84(one_map: Map):
    response = one_map.get("collections/towers/items")
    assert response["Content-Crs"] == f"<{CRS84}>"
    assert response.json()["features"][1]["geometry"]["coordinates"] == [114.31, 30.59]


def test_conf_core_query_param_unknown(one_map: Map):
    for path in pages(one_map):
        faults = problem(one_map.get(path, hieght=3), 400, "bad_input")
        assert faults == [("hieght", "unknown_parameter")], path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bbox", "1,2,3"), ("bbox", "1,2,3,x"), ("bbox", "0,91,1,92"), ("bbox", "nan,0,1,1"), ("bbox", "1,2,1,0"),
        ("bbox", "0,0,inf,1"), ("datetime", "yesterday"), ("datetime", "2027-13-01T00:00:00Z"),
        ("datetime", "2028-01-01T00:00:00Z/2027-01-01T00:00:00Z"), ("datetime", "0001-01-01T00:00:00+23:00"),
        ("crs", "EPSG:4326"), ("bbox-crs", "CRS84"), ("after", "-1"), ("after", "x"), ("height_m", "high"),
        ("height_m", "nan"), ("place_is_exact", "1"), ("status", "lost"), ("available_from", "1.1.2027"),
        ("updated_at", "2027-01-01"), ("code", "a\x00b"), ("filter-lang", "sql"),
    ],
)  # fmt: skip
def test_conf_core_query_param_invalid(one_map: Map, name: str, value: str):
    response = one_map.caller.get("/ogc/collections/towers/items", **{name: value})
    assert [where for where, _code in problem(response, 400, "bad_input")] == [name]


def test_a_parameter_given_twice_is_refused(one_map: Map):
    response = one_map.get("collections/towers/items?code=T-0&code=T-1")
    assert problem(response, 400, "bad_input") == [("code", "invalid")]


# --- GeoJSON, HTML -------------------------------------------------------------------------------------------------


def test_conf_geojson_definition(one_map: Map):
    for path in pages(one_map):
        expected = "application/geo+json" if "/items" in path else "application/json"
        expected = {"api": "application/vnd.oai.openapi+json;version=3.0"}.get(path, expected)
        expected = "application/schema+json" if path.endswith(("/queryables", "/schema")) else expected
        assert one_map.get(path)["Content-Type"] == one_map.get(path, f="json")["Content-Type"] == expected


def test_conf_geojson_content(one_map: Map):
    for name in WITH_FEATURES:
        for feature in one_map.read(f"collections/{name}/items")["features"]:
            read = shapely.from_geojson(json.dumps(feature["geometry"]))
            assert read.is_valid and not read.is_empty
            assert one_map.read(f"collections/{name}/items/{feature['id']}")["id"] == feature["id"]


class Outside(HTMLParser):
    """What a page loads, and where its content is as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.json = ""

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        named = dict(attributes)
        if tag in ("script", "img", "iframe") or (tag == "link" and named["rel"] in ("stylesheet", "icon")):
            self.loads.append(named.get("src") or named["href"])
        elif tag == "a" and named.get("class") == "json":
            self.json = named["href"]


def test_conf_html_definition(one_map: Map):
    for path in pages(one_map):
        if not path.endswith("/schema"):
            assert one_map.get(path, f="html")["Content-Type"] == "text/html; charset=utf-8"
            browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
            response = one_map.get(path, accept=browser)
            assert response["Content-Type"] == "text/html; charset=utf-8"
            assert "Accept" in response["Vary"]


def test_conf_html_content(one_map: Map):
    """HTML 5 that loads nothing from elsewhere, and leads to the same content as JSON."""
    for path in pages(one_map):
        if path.endswith("/schema"):
            continue
        page = one_map.get(path, f="html").content.decode()
        assert page.startswith("<!DOCTYPE html>") and re.search(r"<title>\S.*</title>", page)
        read = Outside()
        read.feed(page)
        assert all(address.startswith("/static/") for address in read.loads)
        assert read.json == f"http://testserver/ogc/{path}?f=json"
    page = one_map.get("collections/towers/items", f="html", limit=1).content.decode()
    assert f'<a href="/ogc/collections/towers/items/{one_map.towers[0].pk}">' in page and 'rel="next"' in page


def test_each_page_of_a_session_has_a_button_to_sign_out(one_map: Map):
    button = 'method="post" action="/account/sign-out/"'
    for path in pages(one_map):
        if not path.endswith("/schema"):
            assert button in one_map.get(path, f="html").content.decode(), path

    stranger = Client().get("/ogc/?f=html")
    assert stranger.status_code == 200 and button not in stranger.content.decode()


def test_what_people_wrote_is_text_in_a_page(one_map: Map):
    factories.asset(one_map.owner, code="<script>alert(1)</script>")
    page = one_map.get("collections/towers/items", f="html").content.decode()
    assert "<script>" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_format_that_is_not_there_is_406(one_map: Map):
    problem(one_map.get("collections", f="xml"), 406, "not_acceptable")
    problem(one_map.get("collections", accept="application/gml+xml"), 406, "not_acceptable")
    problem(one_map.get("collections/towers/schema", f="html"), 406, "not_acceptable")


def test_f_counts_more_than_accept(one_map: Map):
    assert one_map.get("", f="json", accept="text/html")["Content-Type"] == "application/json"
    assert one_map.get("collections/towers/items", accept="application/json")["Content-Type"] == "application/json"


# --- OpenAPI 3.0 ---------------------------------------------------------------------------------------------------


def test_conf_oas30_oas_definition_1(one_map: Map):
    landing = one_map.read("")
    [described] = links(landing, "service-desc")
    [documented] = links(landing, "service-doc")
    assert described["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert one_map.get(described["href"])["Content-Type"] == described["type"]
    assert documented["type"] == "text/html"


def test_conf_oas30_oas_definition_2(one_map: Map):
    schemathesis.openapi.from_dict(definition(one_map)).validate()


def test_conf_oas30_oas_impl(one_map: Map):
    """Each parameter that is described is taken."""
    api = definition(one_map)
    examples = {
        "integer": 1, "number": 1, "boolean": "true", "string": "x", "date": "2027-01-01",
        "date-time": "2027-01-01T00:00:00Z",
    }  # fmt: skip
    for collection in COLLECTIONS:
        for known in api["paths"][f"/collections/{collection}/items"]["get"]["parameters"]:
            if "name" in known:
                schema = known["schema"]
                value = schema.get("enum", [examples[schema.get("format", schema["type"])]])[0]
                response = one_map.caller.get(f"/ogc/collections/{collection}/items", **{known["name"]: value})
                assert response.status_code == 200, response.content


def test_conf_oas30_completeness(one_map: Map):
    """Each operation describes its answer and each refusal of it."""
    for path, operations in definition(one_map)["paths"].items():
        described = operations["get"]["responses"]
        assert {"200", "400", "406", "429", "500"} <= set(described), path
        assert ({"401", "403", "404"} <= set(described)) == ("/items" in path)


def test_conf_oas30_exceptions_codes(one_map: Map):
    api = definition(one_map)
    met = {
        "/collections/towers/items": [
            (one_map.get("collections/towers/items", limit=0), "400"),
            (Caller().get("/ogc/collections/towers/items"), "401"),
            (Caller(factories.user()).get("/ogc/collections/towers/items"), "403"),
            (one_map.get("collections/towers/items", f="xml"), "406"),
        ],
        "/collections/towers/items/{featureId}": [(one_map.get("collections/towers/items/7777777"), "404")],
    }
    for path, responses in met.items():
        for response, status in responses:
            assert str(response.status_code) == status
            assert response["Content-Type"] in api["paths"][path]["get"]["responses"][status]["content"]


def test_conf_oas30_security(one_map: Map):
    api = definition(one_map)
    assert api["components"]["securitySchemes"] == {
        "token": {"type": "http", "scheme": "bearer"},
        "password": {"type": "http", "scheme": "basic", "description": "A token as the password."},
        "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
    }
    for path, operations in api["paths"].items():
        assert bool(operations["get"]["security"]) == ("/items" in path)


def test_the_documentation_lists_each_abstract_test_with_its_test():
    documented = (settings.BASE_DIR / "docs/ogc.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(/conf/[^`]+)` \| (.+) \|$", documented, re.MULTILINE)
    tests = [name for _abstract, told in rows for name in re.findall(r"`(\w+)`", told)]
    assert tests == [name for name in globals() if name.startswith("test_conf_")]
    assert len(rows) == len({abstract for abstract, _told in rows}) == ABSTRACT_TESTS
