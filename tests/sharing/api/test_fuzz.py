"""Calls that schemathesis makes up from the document, as each role: never an error of the registry's own, every
answer is one that the document describes, and nearly every operation is brought to success."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from schemathesis.core import NotSet
from schemathesis.generation.hypothesis.examples import generate_one
from schemathesis.generation.meta import TestPhase

from registry.api.schema import codes_of
from tests.assurance.conftest import Tell, times, told  # noqa: F401 - a fixture
from tests.calls import ROOT, Caller, body_of
from tests.sharing.api.operation import Operation
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.roles import ANONYMOUS, NOBODY
from tests.sharing.api.test_access import COMMITTED
from tests.sharing.api.test_schema import operations
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

# Beside the tested example of each operation, which is a call of schemathesis' examples phase.
EXAMPLES = times(2, 100)
MADE_UP: Counter[str] = Counter()
TRIED: set[str] = set()
REACHED: set[str] = set()
LEAST_REACHED = 0.9
ROLES = (
    ANONYMOUS, NOBODY, "other viewer", "other editor", "other manager", "party editor", "party manager",
    "owner manager", "elsewhere manager", "here manager",
)  # fmt: skip
DOCUMENT = schemathesis.openapi.from_path(str(COMMITTED))
BY_NAME = {one.ok().definition.raw["operationId"]: one.ok() for one in DOCUMENT.get_all_operations()}


@pytest.fixture(autouse=True)
def uploads_go_nowhere(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", OPERATIONS)
def test_made_up_calls_are_answered_as_the_document_says(name: str, told: Tell):  # noqa: F811
    operation, world = OPERATIONS[name], World()
    arguments, body = operation.prepare(world)
    path = operation.path.format(*arguments)
    callers = [Caller(world.people[role]) for role in ROLES]
    described = operations(DOCUMENT.raw_schema)[name]["responses"]

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=BY_NAME[name].as_strategy())
    @example(case=as_tested(name, operation, arguments, body))
    def call(case: Any) -> None:
        sent, content_type = written(case)
        query = {key: str(value) for key, value in (case.query or {}).items()}
        headers = {key: value for key, value in (case.headers or {}).items() if key != "Authorization"}
        for caller in callers:
            with transaction.atomic():
                response = caller.call(
                    case.method, ROOT + path, sent, headers=_sendable(headers), content_type=content_type, **query
                )
                transaction.set_rollback(True)
            check(name, response, described)
            body_of(response)
            MADE_UP["calls"] += 1
            if 200 <= response.status_code < 300:
                REACHED.add(name)

    call()
    TRIED.add(name)
    told("calls made up by schemathesis, each answered as documented", MADE_UP["calls"], "calls", None)


def test_nearly_every_operation_is_brought_to_success(told: Tell):  # noqa: F811
    """By the calls of the test above, which is the same process' as pytest-xdist gives it whole files."""
    if set(OPERATIONS) != TRIED:
        pytest.skip("of all operations together")
    missed = sorted(TRIED - REACHED)
    assert len(REACHED) >= LEAST_REACHED * len(OPERATIONS), missed
    told("operations that calls made up by schemathesis bring to success", len(REACHED), "operations", None)


def as_tested(name: str, operation: Operation, arguments: tuple[Any, ...], body: Any) -> Any:
    """The case that schemathesis makes of the operation's tested example, as it is in this world."""
    names = re.findall(r"{(\w+)}", BY_NAME[name].path)
    known: dict[str, Any] = {"path_parameters": dict(zip(names, arguments, strict=True))}
    if operation.query:
        known["query"] = dict(parse_qsl(operation.query.removeprefix("?")))
    if operation.upload:
        known |= {"body": {**body, "file": body["file"].read()}, "media_type": "multipart/form-data"}
    elif body is not None:
        known |= {"body": body, "media_type": "application/json"}
    return generate_one(BY_NAME[name].as_strategy(phase=TestPhase.EXAMPLES, **known))


def written(case: Any) -> tuple[bytes | None, str]:
    """The body of a case as it is sent, and its content type."""
    if case.media_type == "multipart/form-data":
        parts = case.as_transport_kwargs(base_url="http://testserver")
        request = requests.Request("POST", parts["url"], files=parts["files"], data=parts["data"]).prepare()
        return request.body or b"", request.headers.get("Content-Type", "multipart/form-data")
    return None if isinstance(case.body, NotSet) else json.dumps(case.body).encode(), "application/json"


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    return {name: str(value).encode("latin-1", "ignore").decode("latin-1") for name, value in headers.items()}


def check(name: str, response: Any, described: dict[str, Any]) -> None:
    status = response.status_code
    assert status < 500, (name, response.content)
    if status == 304:
        return
    assert str(status) in described, (name, status, response.content)
    media_type = response["Content-Type"].partition(";")[0] if status != 204 else ""
    content = described[str(status)].get("content", {})
    if status >= 400:
        assert response.json()["code"] in codes_of(described[str(status)]), (name, status, response.content)
    assert (media_type in content) or (status == 204 and not content), (name, status, media_type)
    if media_type.endswith("json") and not response.streaming and media_type != "application/geo+json":
        schema = {**content[media_type]["schema"], "components": DOCUMENT.raw_schema["components"]}
        jsonschema.Draft202012Validator(schema).validate(response.json())
