"""Geometries that are no places, at every door where people and programs state one: typed or drawn on the site, in the
admin, in bodies of the API, and in filters. A clear error within two seconds, and nothing written. Those in files:
test_uploads.py."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.gis.db.models import GeometryField
from django.test import Client, RequestFactory
from django.urls import get_resolver

from registry.models import User
from registry.place_field import PlaceField
from tests import factories
from tests.assurance.bad_input import bodies
from tests.assurance.bad_input.bodies import WRITING
from tests.assurance.bad_input.conftest import MOST_SECONDS
from tests.assurance.bad_input.rows import nothing_changed
from tests.assurance.bad_input.shapes import LARGE, SHAPES
from tests.assurance.conftest import Tell
from tests.calls import Caller, problem
from tests.sharing.api.test_access import call
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

HOLDING = [name for name, one in WRITING.items() if bodies.places(name, None)]
EVERY = SHAPES | LARGE
# What a call may add to a process of the site, which has some 150 MB.
MOST_ADDED_MB = 150.0
WORST = {"s": 0.0, "MB": 0.0}


def quickly(told: Tell, ask: Callable[[], Any]) -> Any:
    Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
    # Of the processor, as other tests run meanwhile; the database is asked next to nothing.
    held, started = memory_mb("VmRSS"), time.process_time()
    answer = ask()
    WORST["s"] = max(WORST["s"], time.process_time() - started)
    WORST["MB"] = max(WORST["MB"], memory_mb("VmHWM") - held)
    told("seconds until a geometry that is no place is refused, at most", WORST["s"], "s", MOST_SECONDS)
    told("memory that its refusal takes, at most", WORST["MB"], "MB", MOST_ADDED_MB)
    return answer


def memory_mb(name: str) -> float:
    [line] = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


# --- Bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOLDING)
def test_no_body_holds_a_geometry_that_is_no_place(name: str, told: Tell):
    operation, world = WRITING[name], World()
    arguments, body = operation.prepare(world)
    caller = Caller(world.people[sorted(operation.does)[0]])
    with nothing_changed(name):
        for path in bodies.places(name, body):
            before, after = json.dumps(bodies.put(body, path, "HERE")).encode().split(b'"HERE"')
            for what, shape in EVERY.items():
                sent = before + shape.geojson.encode() + after
                answer = quickly(told, lambda sent=sent: call(caller, operation, arguments, sent))
                assert answer.status_code in (400, 413), (what, answer.content)
                refused = answer.json()
                assert re.search(shape.says, json.dumps(refused, ensure_ascii=False)), (what, refused)
                if refused["code"] == "bad_input":
                    assert [fault["pointer"] for fault in refused["errors"]] == [bodies.pointer_to(path)], what


@pytest.mark.parametrize("name", HOLDING)
def test_no_body_has_a_member_of_a_place_that_would_be_ignored(name: str):
    """Such as the crs of GeoJSON before RFC 7946, by which the same numbers lie elsewhere."""
    operation, world = WRITING[name], World()
    arguments, body = operation.prepare(world)
    caller = Caller(world.people[sorted(operation.does)[0]])
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    with nothing_changed(name):
        for path in bodies.places(name, body):
            for member, value, code in (("crs", crs, "unknown_field"), ("bbox", "114,30,115,31", "bbox")):
                place = {"type": "Point", "coordinates": [114.3, 30.6], member: value}
                answer = call(caller, operation, arguments, json.dumps(bodies.put(body, path, place)).encode())
                assert problem(answer, 400, "bad_input") == [(f"{bodies.pointer_to(path)}/{member}", code)]


def test_the_bounding_box_of_a_place_may_be_told():
    world = World()
    place = {"type": "Point", "coordinates": [114.3, 30.6], "bbox": [114.3, 30.6, 114.3, 30.6]}
    made = Caller(world.people["owner editor"]).post("assets/", world.asset_of(place=place))
    assert (made.status_code, made.json()["place"]) == (201, {"type": "Point", "coordinates": [114.3, 30.6]})


# --- Forms ----------------------------------------------------------------------------------------------------------


def forms_with_a_place() -> set[str]:
    """Each form of the site that takes a place."""
    get_resolver().url_patterns  # noqa: B018 - loads every form
    found, waiting = set(), [forms.Form, forms.ModelForm]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.split(".")[1:2] == ["web"] and any(
            isinstance(field, PlaceField) for field in one.base_fields.values()
        ):
            found.add(f"{one.__module__}.{one.__qualname__}")
    return found


def root() -> User:
    return factories.user("root", is_superuser=True, is_staff=True)


def in_the_admin(person: User) -> Iterator[str]:
    """Each page of the admin with a form that takes a place."""
    request = RequestFactory().get("/admin/")
    request.user = person
    for model, page in admin.site._registry.items():
        holds = any(isinstance(field, GeometryField) for field in model._meta.get_fields())
        if holds and page.has_add_permission(request):
            yield model._meta.model_name or ""


def test_the_forms_that_take_a_place_are_those_tried_here():
    assert forms_with_a_place() == {"registry.web.asset_form.AssetForm", "registry.web.facility_editing.FacilityForm"}
    world = World()
    people = (root(), world.people["owner manager"], world.people["party editor"])
    found = {model for person in people if person for model in in_the_admin(person)}
    assert found == {address.split("/")[3] for address in FORMS if address.startswith("/admin/")}


# Each with who may send it, and what it calls the place.
OWNER, PARTY = ("owner manager", "geometry"), ("party editor", "location")
FORMS = {
    "/assets/new/tower/": OWNER,
    "/assets/new/duct/": OWNER,
    "/assets/{spare}/edit/": OWNER,
    "/facilities/new/": OWNER,
    "/facilities/{facility}/edit/": OWNER,
    "/admin/registry/asset/add/?kind=duct": OWNER,
    "/admin/registry/asset/{spare}/change/": OWNER,
    "/admin/registry/plannedfacility/add/": OWNER,
    "/admin/registry/plannedfacility/{facility}/change/": OWNER,
    "/admin/registry/terrainarea/add/": OWNER,
    "/admin/registry/terrainarea/{terrain}/change/": OWNER,
    "/admin/registry/region/add/": ("root", "boundary"),
    "/admin/sharing/demand/add/?kind=tower": PARTY,
    "/admin/sharing/demand/{line}/change/": PARTY,
}


@pytest.mark.parametrize("address", FORMS)
def test_no_form_takes_a_geometry_that_is_no_place(address: str, told: Tell):
    (person, field), world, client = FORMS[address], World(), Client()
    client.force_login(root() if person == "root" else world.people[person])
    ids = {name: getattr(world, name).pk for name in ("spare", "facility", "terrain", "line")}
    with nothing_changed(address):
        for what, shape in EVERY.items():
            for text in [shape.wkt] if what in LARGE else [shape.wkt, shape.geojson]:
                page = quickly(told, lambda text=text: client.post(address.format(**ids), {field: text}))
                assert page.status_code in (200, 400), what
                [said] = form_of(page).errors[field]
                assert re.search(f"{shape.says}|neither WKT nor GeoJSON", said), (what, said)


def form_of(page: Any) -> Any:
    """The site's, or the admin's."""
    if "adminform" in page.context:
        return page.context["adminform"].form
    return page.context["forms"].asset if "forms" in page.context else page.context["form"]


# --- Filters --------------------------------------------------------------------------------------------------------

# A filter compares with collections too, of places alone (tests/registry/ogc/test_collections_of_geometries.py).
OPERATORS = ("S_INTERSECTS", "S_DISJOINT", "S_TOUCHES")


@pytest.mark.parametrize("collection", ["towers", "planned-facilities", "demands"])
@pytest.mark.parametrize("what", [name for name, shape in SHAPES.items() if not shape.parts])
def test_no_filter_takes_a_geometry_that_is_no_place(collection: str, what: str, told: Tell):
    shape, caller = SHAPES[what], Caller(World().people["owner manager"])
    address = f"/ogc/collections/{collection}/items"
    for operator in OPERATORS:
        tree = f'{{"op": "{operator.lower()}", "args": [{{"property": "place"}}, {shape.geojson}]}}'
        for language, text in (("cql2-text", f"{operator}(place, {shape.wkt})"), ("cql2-json", tree)):
            answer = quickly(
                told,
                lambda text=text, language=language: caller.get(address, filter=text, **{"filter-lang": language}),
            )
            assert answer.status_code == 400, (operator, language, answer.content)
            [fault] = answer.json()["errors"]
            assert fault["parameter"] == "filter"
            assert re.search(f"{shape.says}|geometry is needed", fault["detail"]), (language, fault)


BOXES = (
    "nan,30,114.4,31", "114,30,inf,31", "114,30,1e999,31", "181,30,182,31", "114,91,115,92", "114,31,115,30",
    "114,30,115", "114,30,115,31,32", "114,30,115,x", "", "0x10,30,115,31",
)  # fmt: skip
AREAS = (
    "114 30,115 31", "114 30,115 31,115 30,114 31", "114 30,115 30,114 30", "nan 30,115 30,115 31", "inf 30,1 1,2 2",
    "181 30,182 30,182 31", "114 91,115 91,115 92", "179 30,-179 30,-179 31", ",".join(["114 30"] * 201),
)  # fmt: skip
CIRCLES = ("nan,30", "inf,30", "181,30", "114,91", "114", "114,30,5", "1e999,30")


@pytest.mark.parametrize(
    ("address", "parameter", "texts"),
    [
        ("assets/", "bbox", BOXES), ("planned-facilities/", "bbox", BOXES), ("terrain-areas/", "bbox", BOXES),
        ("demands/", "bbox", BOXES), ("/ogc/collections/towers/items", "bbox", BOXES), ("assets/", "area", AREAS),
        ("assets/", "near", CIRCLES),
    ],
)  # fmt: skip
def test_no_list_is_narrowed_by_what_is_no_place(address: str, parameter: str, texts: tuple[str, ...], told: Tell):
    caller = Caller(World().people["owner manager"])
    for text in filter(None, texts):
        answer = quickly(told, lambda text=text: caller.get(address, **{parameter: text}))
        assert answer.status_code == 400, (text, answer.content)
        assert {fault["parameter"] for fault in answer.json()["errors"]} == {parameter}, text
