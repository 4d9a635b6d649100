"""Bodies of every operation of the API, made from the document and the models: a field that is not declared writable
is refused by its name and changes nothing; the id of what one may not see is answered as one that does not exist."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from registry.models import Asset
from registry.models.asset import Protection
from tests.assurance.bad_input import bodies
from tests.assurance.bad_input.bodies import WRITING
from tests.assurance.bad_input.rows import nothing_changed
from tests.calls import Caller, body_of, problem
from tests.sharing.api.operation import Operation
from tests.sharing.api.test_access import call
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

MODELS = [model for label in ("registry", "sharing") for model in apps.get_app_config(label).get_models()]
ABSENT = 2**40
# Bodies that may name a plan, which everybody sees.
OPTIONAL = {"assets_create", "assets_bulk"}
# Objects that are one value.
WHOLE = {"period", "parameters", "mapping", "constants"}


def names_of_models() -> set[str]:
    """Every name that a model knows a column by."""
    fields = [field for model in MODELS for field in model._meta.get_fields()]
    return (
        {"pk", "id"} | {field.name for field in fields} | {getattr(field, "attname", field.name) for field in fields}
    )


@pytest.mark.parametrize("name", WRITING)
def test_no_field_of_a_model_is_set_that_the_document_does_not_name(name: str):
    """Nor in any object inside the body, however deep: what has no columns of its own there, is refused as a whole."""
    operation, world = WRITING[name], World()
    arguments, body = operation.prepare(world)
    caller = Caller(world.people[sorted(operation.does)[0]])
    for path, schema in bodies.objects(name, body):
        extra = dict.fromkeys(names_of_models() - set(schema.get("properties", ())), 1)
        assert len(extra) > 200
        pointer, stated = bodies.pointer_to(path), bodies.found(body, path) or {}
        with nothing_changed(name), transaction.atomic():
            response = call(caller, operation, arguments, bodies.put(body, path, {**extra, **stated}))
            transaction.set_rollback(True)
        assert response.status_code == 400, (name, pointer, response.content)
        refused = {fault["pointer"] for fault in response.json()["errors"]}
        no_place = bodies.is_place(schema) and not stated
        as_a_whole = bool(path) and (path[-1] in WHOLE or no_place) and pointer in refused
        assert as_a_whole or {f"{pointer}/{field}" for field in extra} <= refused, (name, pointer)


@pytest.mark.parametrize("sent", [b'[{"name": "' + b"x" * (16 << 20) + b'"}]', b"[" + b"[],{" * 400_000 + b"]"])
def test_a_body_that_is_too_large_to_be_held_is_refused_before_it_is_read(sent: bytes):
    """As a whole, and by how many values it states, each of which takes many times its bytes."""
    caller = Caller(World().people["owner manager"])
    with nothing_changed("too large"):
        response = caller.call("POST", "assets/bulk/", sent)
    assert problem(response, 413, "too_large") == []


def objects_in(body: Any) -> Iterator[dict[str, Any]]:
    """The objects in a body; those of GeoJSON excepted."""
    if isinstance(body, dict) and "coordinates" not in body:
        yield body
        for inner in body.values():
            yield from objects_in(inner)
    elif isinstance(body, list):
        for inner in body:
            yield from objects_in(inner)


def id_names() -> set[str]:
    """What a body calls the ids of objects."""
    nouns = {model._meta.verbose_name for model in MODELS} | {model._meta.verbose_name_plural for model in MODELS}
    return {"id", "run"} | {str(noun).replace(" ", "_") for noun in nouns}


def with_other_ids(body: Any, names: set[str]) -> Any:
    """The body with every id in it replaced by ones of nothing."""
    if isinstance(body, list):
        return [with_other_ids(inner, names) for inner in body]
    if not isinstance(body, dict):
        return body
    changed = {}
    for at, (name, value) in enumerate(body.items()):
        if name in names and isinstance(value, int):
            changed[name] = ABSENT + at
        elif name in names and isinstance(value, list) and all(isinstance(inner, int) for inner in value):
            changed[name] = [ABSENT + n for n in range(len(value))]
        else:
            changed[name] = with_other_ids(value, names)
    return changed


def ids_in(body: Any, names: set[str]) -> list[int]:
    found: list[int] = []
    for inner in objects_in(body):
        for name, value in inner.items():
            values = value if isinstance(value, list) else [value]
            found += [one for one in values if name in names and isinstance(one, int)]
    return found


def without(answer: Any, ids: list[int]) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    for one in sorted(ids, reverse=True):
        text = text.replace(str(one), "ID")
    return text


def takes_ids(schema: Any, names: set[str]) -> bool:
    """Whether a body of this schema names objects by their ids."""
    if "$ref" in schema:
        return takes_ids(bodies.resolved(schema), names)
    if "items" in schema:
        return takes_ids(schema["items"], names)
    for name, inner in schema.get("properties", {}).items():
        types = (inner.get("type"), inner.get("items", {}).get("type"))
        if (name in names and "integer" in types) or takes_ids(inner, names):
            return True
    return False


# What is in the address comes before the body (test_absent_and_hidden_objects_are_answered_alike).
NAMING = [
    name
    for name, one in WRITING.items()
    if "{}" not in one.path and takes_ids(bodies.REQUESTS.get(name, {}), id_names())
]


@pytest.mark.parametrize("name", NAMING)
def test_an_id_in_a_body_that_is_not_ones_own_is_answered_as_one_of_nothing(name: str):
    operation, world, names = WRITING[name], World(), id_names()
    arguments, body = operation.prepare(world)
    ids = ids_in(body, names)
    assert ids or name in OPTIONAL
    absent = with_other_ids(body, names)
    # Open assets are everybody's to see, so what others know of is no foreign id.
    Asset.objects.update(protection=Protection.CORE, protection_reason="grid")
    for person in ("other manager", "elsewhere manager"):
        caller = Caller(world.people[person])
        with nothing_changed(name):
            of_foreign = answered(caller, operation, arguments, body)
            of_absent = answered(caller, operation, arguments, absent)
        assert without(of_foreign, ids) == without(of_absent, ids_in(absent, names)), (name, person)


def answered(caller: Caller, operation: Operation, arguments: Any, body: Any) -> Any:
    response = call(caller, operation, arguments, body)
    return response.status_code, json.loads(body_of(response) or b"null")
