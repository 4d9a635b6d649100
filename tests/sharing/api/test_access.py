"""Every address, by every method, for every role. An address or a method that is not declared fails."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from registry.api import schema
from tests.calls import Caller, body_of, problem
from tests.sharing.api.ogc_operations import OGC
from tests.sharing.api.operation import Operation
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.roles import ANONYMOUS, EVERYONE, NOBODY
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
CODES = {401: "not_authenticated", 403: "not_yours", 404: "not_seen"}
# Open to everyone: they say what the API is, and nothing of what is in it.
PUBLIC = {"api/v1/schema/", "api/v1/docs/"}
NOTHING_ELSE = {"api/v1/^", "ogc/^"}
SOME_OF_EACH = (
    ANONYMOUS, NOBODY, "other viewer", "other editor", "other manager", "elsewhere manager", "here manager",
)  # fmt: skip


EVERYWHERE = OPERATIONS | OGC


@pytest.fixture(autouse=True)
def uploads_go_nowhere(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


def of_the_api() -> dict[str, set[str]]:
    """Each address below /api/v1/ and /ogc/ with the methods that it has handlers for."""
    found: dict[str, set[str]] = {}
    for address, pattern in addresses(get_resolver().url_patterns):
        if not address.startswith(("api/", "ogc/")):
            continue
        callback: Any = pattern.callback
        actions = getattr(callback, "actions", None)
        names = actions or [m.lower() for m in METHODS if hasattr(callback.cls, m.lower())]
        found[address] = {name.upper() for name in names} - {"HEAD", "OPTIONS"}
    return found


@cache
def named_codes() -> dict[str, dict[str, set[str]]]:
    """The codes of problems that the document names, by operation and status."""
    document = yaml.load(COMMITTED.read_text("utf-8"), yaml.CSafeLoader)
    return {
        operation["operationId"]: {
            status: schema.codes_of(response) for status, response in operation["responses"].items()
        }
        for _path, _method, operation in schema.operations(document)
    }


def declared(address: str) -> str:
    """The address as OPERATIONS writes it."""
    return "".join("{}" if i % 2 else part for i, part in enumerate(address.replace(">", "<").split("<")))


def address_of(operation: Operation) -> str:
    """The address of an operation as the URLconf writes it."""
    return operation.path.removeprefix("/") if operation.path.startswith("/") else f"api/v1/{operation.path}"


def call(caller: Caller, operation: Operation, arguments: tuple[Any, ...], body: Any) -> Any:
    path = operation.path.format(*arguments) + operation.query
    if operation.upload:
        body["file"].seek(0)
        return caller.upload(path, **body)
    return caller.call(operation.method, path, body)


def test_every_address_and_method_is_declared():
    known: dict[str, set[str]] = {}
    for operation in EVERYWHERE.values():
        known.setdefault(address_of(operation), set()).add(operation.method)
    served = {declared(address): methods for address, methods in of_the_api().items()}
    assert {address: served.pop(address) for address in NOTHING_ELSE} == {address: set() for address in NOTHING_ELSE}
    assert {address: served.pop(address) for address in PUBLIC} == {address: {"GET"} for address in PUBLIC}
    assert served == known


@pytest.mark.parametrize("name", EVERYWHERE)
def test_each_role_is_answered_as_declared(name: str):
    operation = EVERYWHERE[name]
    world = World()
    arguments, body = operation.prepare(world)
    answers, expected = {}, {person: operation.status_for(person) for person in EVERYONE}
    for person in EVERYONE:
        with transaction.atomic():
            response = call(Caller(world.people[person]), operation, arguments, body)
            body_of(response)  # read to its end, so that a file behind it is closed
            answers[person] = response.status_code
            if expected[person] in CODES and response.status_code == expected[person]:
                problem(response, expected[person], CODES[expected[person]])
                assert name in OGC or CODES[expected[person]] in named_codes()[name][str(expected[person])]
            transaction.set_rollback(True)
    assert answers == expected


@pytest.mark.parametrize("name", [name for name, operation in EVERYWHERE.items() if "{}" in operation.path])
def test_absent_and_hidden_objects_are_answered_alike(name: str):
    operation = EVERYWHERE[name]
    world = World()
    arguments, body = operation.prepare(world)
    hidden = EVERYONE - operation.does - operation.sees - {ANONYMOUS, NOBODY}
    absent = (*arguments[:-1], "no-such-code" if isinstance(arguments[-1], str) else 2**40)
    for person in sorted(hidden)[:2] or sorted(operation.does)[:1]:
        caller = Caller(world.people[person])
        of_absent = call(caller, operation, absent, body)
        assert problem(of_absent, 404, "not_seen") == []
        if person in hidden:
            of_hidden = call(caller, operation, arguments, body)
            assert {**of_hidden.json(), "instance": ""} == {**of_absent.json(), "instance": ""}
            assert (of_hidden.status_code, set(of_hidden.headers)) == (404, set(of_absent.headers))


def test_undeclared_methods_are_refused_everywhere():
    """Whoever calls; where one must be known, strangers are told no more than that."""
    world, wrong = World(), {}
    callers = {person: Caller(world.people[person]) for person in SOME_OF_EACH}
    open_to_all = PUBLIC | {address_of(operation) for operation in OGC.values() if operation.does == EVERYONE}
    for address, methods in of_the_api().items():
        if address in NOTHING_ELSE:
            continue
        where = "/" + declared(address).format(*"11111")
        for person, caller in callers.items():
            closed = {} if declared(address) in open_to_all else {ANONYMOUS: 401, NOBODY: 403}
            expected = closed.get(person, 405)
            for method in set(METHODS) - methods - {"TRACE"}:
                status = caller.call(method, where).status_code
                if status != expected:
                    wrong[method, where, person] = (status, expected)
    assert wrong == {}


def test_what_is_public_is_answered_alike_for_everyone():
    world = World()
    for address in PUBLIC:
        answers = {person: Caller(user).get(f"/{address}") for person, user in world.people.items()}
        assert {person: answer.status_code for person, answer in answers.items()} == dict.fromkeys(EVERYONE, 200)
        assert len({answer.content for answer in answers.values()}) == 1, address


@pytest.mark.parametrize("method", METHODS)
def test_an_address_of_nothing_is_answered_with_a_problem(method: str):
    for path in ("", "nothing/", "assets/abc/", "assets", "matches/1/fly/"):
        response = Caller().call(method, path)
        problem(response, 404, "not_seen") if response.status_code != 301 else None
