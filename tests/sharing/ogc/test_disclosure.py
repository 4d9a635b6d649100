"""What /ogc/ tells of protected assets and of demands: what the REST API tells, whatever is asked and however."""

import json
from typing import Any

import pytest

from registry.kinds import Kind
from registry.models import Asset, Protection, Role
from tests import factories
from tests.calls import Caller, body_of, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

SECRET = (114.3333, 30.6111)
CELL = (114.33500000000001, 30.615000000000002)
"""The centre of the secret place's cell of 0.01°, as registry_mask() computes it."""
HAIR = 0.0001
TOWERS, DUCTS = "/ogc/collections/towers/items", "/ogc/collections/ducts/items"


def box(place: tuple[float, float], reach: float = HAIR) -> str:
    x, y = place
    return f"{x - reach:.6f},{y - reach:.6f},{x + reach:.6f},{y + reach:.6f}"


def codes(caller: Caller, path: str = TOWERS, **parameters: Any) -> set[str]:
    response = caller.get(path, **parameters)
    assert response.status_code == 200, response.content
    return {feature["properties"]["code"] for feature in response.json()["features"]}


@pytest.fixture
def hidden(scene: Scene) -> Asset:
    """A restricted tower of the grid's, which the party of the scene sees by its cell."""
    return factories.asset(scene.grid, code="HIDDEN", at=SECRET, protection=Protection.RESTRICTED)


@pytest.fixture
def stranger(scene: Scene, hidden: Asset) -> Caller:
    return Caller(scene.asker)


@pytest.fixture
def entitled(scene: Scene, hidden: Asset) -> Caller:
    return Caller(factories.member(scene.grid, Role.VIEWER))


# Each finds the tower by where it really is, for those who may know, and by its cell for the others.
QUESTIONS: list[dict[str, str]] = [
    {"bbox": "{box}"},
    {"filter": "S_INTERSECTS(place, BBOX({box}))"},
    {"filter": "S_WITHIN(place, BBOX({box}))"},
    {"filter": "S_EQUALS(place, POINT({x} {y}))"},
    {"filter": "S_INTERSECTS(POINT({x} {y}), place)"},
    {"filter": "S_CONTAINS(place, POINT({x} {y}))"},
    {"filter": "S_TOUCHES(place, LINESTRING({x} {y}, {x} 31))"},
    {"filter": "NOT S_DISJOINT(place, BBOX({box}))"},
    {"filter": "code = 'X' OR S_INTERSECTS(place, BBOX({box}))"},
    {"filter": "NOT (NOT S_INTERSECTS(place, BBOX({box})))"},
    {"filter": "S_INTERSECTS(place, BBOX({box})) AND true"},
    {
        "filter": '{{"op":"s_intersects","args":[{{"property":"place"}},{{"type":"Point","coordinates":[{x},{y}]}}]}}',
        "filter-lang": "cql2-json",
    },
]


def asked(question: dict[str, str], place: tuple[float, float]) -> dict[str, str]:
    x, y = place
    return {name: text.format(box=box(place), x=x, y=y) for name, text in question.items()}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: next(iter(question.values())))
def test_a_place_is_compared_as_it_is_known(stranger: Caller, entitled: Caller, question: dict[str, str]):
    assert "HIDDEN" in codes(entitled, **asked(question, SECRET))
    assert "HIDDEN" not in codes(stranger, **asked(question, SECRET))
    assert "HIDDEN" in codes(stranger, **asked(question, CELL))
    assert "HIDDEN" not in codes(entitled, **asked(question, CELL))


def test_what_is_not_at_a_place_does_not_tell_either(stranger: Caller, entitled: Caller):
    """Disjoint from the cell's centre is the exact place alone."""
    for text in ("S_DISJOINT(place, BBOX({box}))", "NOT S_INTERSECTS(place, BBOX({box}))"):
        assert "HIDDEN" in codes(stranger, filter=text.format(box=box(SECRET)))
        assert "HIDDEN" not in codes(stranger, filter=text.format(box=box(CELL)))
        assert "HIDDEN" not in codes(entitled, filter=text.format(box=box(SECRET)))


def test_halving_boxes_ends_at_the_cell(stranger: Caller):
    """The attack that maps were open to: ask for ever smaller boxes."""
    west, south, east, north = 114.0, 30.0, 115.0, 31.0
    for _step in range(24):
        middle = (west + east) / 2
        found = codes(
            stranger, filter=f"code = 'HIDDEN' AND S_INTERSECTS(place, BBOX({west},{south},{middle},{north}))"
        )
        west, east = (west, middle) if found else (middle, east)
        middle = (south + north) / 2
        found = codes(
            stranger, filter=f"code = 'HIDDEN' AND S_INTERSECTS(place, BBOX({west},{south},{east},{middle}))"
        )
        south, north = (south, middle) if found else (middle, north)
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx(CELL, abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG/0/4326", "EPSG/0/4490", "EPSG/0/3857", "OGC/1.3/CRS84"])
def test_no_reference_system_and_no_format_shows_the_place(stranger: Caller, hidden: Asset, crs: str):
    uri = f"http://www.opengis.net/def/crs/{crs}"
    for path in (TOWERS, f"{TOWERS}/{hidden.pk}"):
        for f in ("json", "html"):
            told = body_of(stranger.get(path, crs=uri, f=f)).decode()
            # In degrees, and as metres of EPSG:3857.
            assert "HIDDEN" in told
            for secret in ("114.3333", "30.6111", "127275", "35823"):
                assert secret not in told, secret


def test_of_a_masked_line_neither_length_nor_plan_is_told_or_asked(scene: Scene):
    line = factories.asset(scene.grid, Kind.DUCT, code="LINE", at=SECRET, protection=Protection.RESTRICTED)
    stranger, entitled = Caller(scene.asker), Caller(factories.member(scene.grid, Role.VIEWER))
    shown = stranger.get(f"{DUCTS}/{line.pk}").json()["properties"]
    assert (shown["length_m"], shown["planned_facility"], shown["place_is_exact"]) == (None, None, False)
    questions = ("length_m > 0", "length_m <= 0", "length_m IS NOT NULL", f"length_m = {line.length_m!r}")
    for text in questions:
        assert "LINE" not in codes(stranger, DUCTS, filter=text)
    assert "LINE" in codes(entitled, DUCTS, filter="length_m BETWEEN 900 AND 1000")
    assert codes(stranger, DUCTS, length_m=repr(line.length_m)) == set()
    assert codes(entitled, DUCTS, length_m=repr(line.length_m)) == {"LINE"}


def test_a_core_asset_is_not_even_known(scene: Scene):
    core = factories.asset(scene.grid, code="CORE", at=SECRET, protection=Protection.CORE)
    stranger = Caller(scene.asker)
    for parameters in ({}, {"filter": "code = 'CORE'"}, {"bbox": "-180,-90,180,90"}, {"after": core.pk - 1}):
        assert "CORE" not in codes(stranger, **parameters)
        assert (
            "CORE"
            not in body_of(stranger.get(TOWERS, f="html", **{**parameters, "limit": 100}))
            .decode()
            .partition("<main>")[2]
        )
    absent = stranger.get(f"{TOWERS}/{2**40}")
    kept = stranger.get(f"{TOWERS}/{core.pk}")
    problem(kept, 404, "not_seen")
    assert {**kept.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert "CORE" in codes(Caller(factories.member(scene.grid, Role.VIEWER)))


@pytest.mark.parametrize(
    "text",
    ["1 / (height_m - 77) > 0", "height_m * 1e308 * 1e308 > 0", r"code LIKE 'CORE\'", "CAST(code) = 3"],
)
def test_no_filter_fails_only_where_a_hidden_row_is(scene: Scene, text: str):
    """An error that depends on a row tells that there is one: so there is nothing that can fail on a row."""
    stranger = Caller(scene.asker)
    before = stranger.get(TOWERS, filter=text)
    factories.asset(scene.grid, code="CORE", details={"height_m": 77.0}, protection=Protection.CORE)
    assert (before.status_code, before.content) == (400, stranger.get(TOWERS, filter=text).content)


def test_demands_are_told_to_their_party_the_asked_and_the_regulators(scene: Scene):
    scene.requested()
    draft = factories.demand_list(scene.party, "draft")
    factories.demand(draft, name="Idea")
    path = "/ogc/collections/demands/items"

    def names(person: Any) -> list[str]:
        response = Caller(person).get(path)
        return [feature["properties"]["name"] for feature in response.json()["features"]]

    everything = names(scene.asker)
    assert "Idea" in everything and len(everything) > 1
    assert set(names(scene.officer)) == set(everything) - {"Idea"}
    assert names(scene.metro_manager) == [scene.demand.name]
    assert names(factories.member(factories.organization("else"))) == []
    demand = Caller(scene.asker).get(f"{path}/{scene.demand.pk}").json()
    period = scene.demand.period
    assert demand["geometry"] == json.loads(scene.demand.location.geojson)
    assert demand["properties"]["starts_on"] == period.lower.isoformat()
    problem(
        Caller(factories.member(factories.organization("third"))).get(f"{path}/{scene.demand.pk}"), 404, "not_seen"
    )


def test_of_the_list_of_a_demand_title_and_status_are_told_to_those_who_see_the_list(scene: Scene):
    scene.requested()
    path = "/ogc/collections/demands/items"
    questions: list[dict[str, str]] = [
        {"filter": "list_title = '5G'"}, {"filter": "list_status = 'matched'"}, {"list_status": "matched"},
        {"filter": "CASEI(list_status) = CASEI('MATCHED')"}, {"filter": "list_title IS NOT NULL"},
        {"filter": "NOT list_status = 'draft'"},
    ]  # fmt: skip

    def told(person: Any, parameters: dict[str, str]) -> list[tuple[str, Any, Any]]:
        found = [feature["properties"] for feature in Caller(person).get(path, **parameters).json()["features"]]
        return [(one["name"], one["list_title"], one["list_status"]) for one in found]

    assert told(scene.metro_manager, {}) == [("Site 1", None, None)]
    for parameters in questions:
        assert told(scene.metro_manager, parameters) == []
        for person in (scene.asker, scene.officer, factories.user(is_superuser=True)):
            assert told(person, parameters) == [("Site 1", "5G", "matched")]


def test_a_route_is_a_straight_line(scene: Scene):
    route = factories.demand(scene.list, Kind.DUCT, at=(114.30, 30.60), to=(114.32, 30.61))
    shown = Caller(scene.asker).get(f"/ogc/collections/demands/items/{route.pk}").json()
    assert shown["geometry"] == {"type": "LineString", "coordinates": [[114.3, 30.6], [114.32, 30.61]]}
