"""Filters that nobody thought of: each is carried out or refused, and none is an error of the registry's own."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.kinds import Kind
from registry.models import Protection
from registry.ogc import catalog
from registry.ogc.filtering.conditions import OPERATORS
from tests import factories
from tests.registry.ogc.conftest import Map

pytestmark = pytest.mark.django_db

KEPT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DUCTS = next(collection for collection in catalog.COLLECTIONS if collection.id == "ducts")
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, -1, 114.3, 30.6, 1e308, 10**400]))
positions = st.lists(st.one_of(st.floats(-180, 180), numbers), min_size=0, max_size=4)
geometries = st.one_of(
    st.fixed_dictionaries({"type": st.just("Point"), "coordinates": positions}),
    st.fixed_dictionaries({"type": st.just("LineString"), "coordinates": st.lists(positions, max_size=4)}),
    st.fixed_dictionaries({"type": st.just("Polygon"), "coordinates": st.lists(st.lists(positions), max_size=2)}),
    st.fixed_dictionaries({"bbox": st.lists(numbers, min_size=3, max_size=6)}),
)
days = st.one_of(st.dates().map(str), st.just(".."), st.text(max_size=12))
moments = st.one_of(st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"), days)
literals = st.one_of(
    numbers, st.booleans(), st.text(max_size=8), geometries, st.none(),
    st.fixed_dictionaries({"date": days}), st.fixed_dictionaries({"timestamp": moments}),
    st.fixed_dictionaries({"interval": st.lists(st.one_of(days, moments), max_size=3)}),
    st.sampled_from([{"property": name} for name in ["place", "nothing", *DUCTS.properties]]),
)  # fmt: skip


def operation(arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from([*OPERATORS, "casei", "+", "accenti"])
    return st.fixed_dictionaries(
        {"op": names, "args": st.lists(st.one_of(arguments, st.lists(arguments)), max_size=3)}
    )


def call(names: Any, *arguments: Any) -> st.SearchStrategy[Any]:
    """An operation with arguments of the right kinds."""
    return st.fixed_dictionaries({"op": st.sampled_from(sorted(names)), "args": st.tuples(*arguments).map(list)})


def of(*types: str) -> st.SearchStrategy[Any]:
    """A property of one of the types, or formats."""
    found = [name for name, known in DUCTS.properties.items() if (known.format or known.type) in types]
    return st.sampled_from([{"property": name} for name in found])


place = st.just({"property": "place"})
corners = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
shapes = st.one_of(
    corners.map(lambda corner: {"type": "Point", "coordinates": corner}),
    st.lists(corners, min_size=2, max_size=5).map(lambda line: {"type": "LineString", "coordinates": line}),
    st.lists(corners, min_size=3, max_size=5).map(lambda ring: {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}),
    st.lists(corners, min_size=1, max_size=5).map(lambda points: {"type": "MultiPoint", "coordinates": points}),
    st.tuples(corners, corners).map(lambda box: {"bbox": [*box[0], *box[1]]}),
)
plain = shapes.filter(lambda shape: "type" in shape)
collected = st.lists(plain, min_size=1, max_size=3).map(lambda of: {"type": "GeometryCollection", "geometries": of})
shapes = st.one_of(shapes, collected)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
a_day = st.one_of(of("date"), st.dates().map(lambda day: {"date": str(day)}))
spans = st.tuples(st.one_of(st.dates().map(str), st.just("..")), st.one_of(of("date"), st.just("..")))
fitting = st.one_of(
    call({"=", "<>", "<", ">="}, of("number", "integer"), st.floats(allow_nan=False, allow_infinity=False)),
    call({"=", "<>", "<", ">="}, of("string"), texts),
    call({"like"}, of("string"), texts.map(lambda text: text.rstrip("\\") + "%")),
    call({"in"}, of("string"), st.lists(texts, min_size=1, max_size=3)),
    call({"between"}, of("number"), st.floats(-9, 9), of("integer", "number")),
    call({"isNull"}, of("number", "string", "date", "boolean", "array")),
    call({name for name in OPERATORS if name.startswith("s_")}, place, shapes),
    call({name for name in OPERATORS if name.startswith("s_")}, shapes, place),
    call({name for name in OPERATORS if name.startswith("s_")}, shapes, shapes),
    call({name for name in OPERATORS if name.startswith("s_")}, place, place),
    call({name for name in OPERATORS if name.startswith("t_")}, a_day, a_day),
    call({name for name in OPERATORS if name.startswith("t_")}, a_day, spans.map(lambda span: {"interval": [*span]})),
    call({name for name in OPERATORS if name.startswith("a_")}, of("array"), st.lists(texts, max_size=3)),
)


@pytest.fixture
def two_ducts(one_map: Map) -> Map:
    """One that the viewer is told all of, and one of which nothing."""
    factories.asset(one_map.owner, Kind.DUCT, code="CORE", protection=Protection.CORE)
    return one_map


@KEPT
@given(tree=st.recursive(operation(literals), operation, max_leaves=6))
def test_a_tree_of_operators(two_ducts: Map, tree: Any):
    response = two_ducts.get("collections/ducts/items", filter=json.dumps(tree), filter_lang="cql2-json")
    assert response.status_code in (200, 400), response.content
    if response.status_code == 200:
        assert {feature["properties"]["code"] for feature in response.json()["features"]} <= {"D-1"}


@KEPT
@given(tree=st.recursive(fitting, lambda inner: st.one_of(call({"and", "or"}, inner, inner), call({"not"}, inner))))
def test_operators_with_arguments_that_fit(two_ducts: Map, tree: Any):
    """These are carried out, but for geometries that are no places."""
    response = two_ducts.get("collections/ducts/items", filter=json.dumps(tree), filter_lang="cql2-json")
    if response.status_code == 400:
        assert re.search("geometry|box|line|earth", response.json()["detail"]), response.content
        return
    assert response.status_code == 200, response.content
    assert {feature["properties"]["code"] for feature in response.json()["features"]} <= {"D-1"}
    turned = two_ducts.codes("ducts", filter=json.dumps({"op": "not", "args": [tree]}), filter_lang="cql2-json")
    assert not turned or not response.json()["features"]


WORDS = (
    "(", ")", ",", "'", '"', "=", "<>", ">=", "-", "+", "*", "1", "1e9", "'x'", "''", "code", "depth_m", "blocked",
    "place", "AND", "or", "NOT", "IN", "LIKE", "BETWEEN", "IS NULL", "TRUE", "CASEI(", "S_INTERSECTS(", "POINT(1 2)",
    "POLYGON((", "BBOX(1,2,3,4)", "T_AFTER(", "DATE('2027-01-01')", "INTERVAL('..','..')", "A_CONTAINS(", "\\", "\n",
    "水",
)  # fmt: skip


@KEPT
@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_a_row_of_words(two_ducts: Map, words: list[str]):
    response = two_ducts.get("collections/ducts/items", filter=" ".join(words))
    assert response.status_code in (200, 400), response.content
