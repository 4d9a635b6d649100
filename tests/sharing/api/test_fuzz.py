"""Calls that schemathesis makes up from the document, as each role: never an error of the registry's own, and every
answer is one that the document describes."""

import json
from collections import Counter
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

from tests.assurance.conftest import Tell, figures_are_written, times, told  # noqa: F401 - fixtures
from tests.calls import ROOT, Caller, body_of
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.roles import ANONYMOUS, NOBODY
from tests.sharing.api.test_schema import COMMITTED, operations
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

EXAMPLES = times(3, 100)
MADE_UP: Counter[str] = Counter()
ROLES = (ANONYMOUS, NOBODY, "other viewer", "party editor", "party manager", "owner manager", "here manager")
DOCUMENT = schemathesis.openapi.from_path(str(COMMITTED))
BY_NAME = {one.ok().definition.raw["operationId"]: one.ok() for one in DOCUMENT.get_all_operations()}


@pytest.fixture(autouse=True)
def uploads_go_nowhere(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if not operation.upload])
def test_made_up_calls_are_answered_as_the_document_says(name: str, told: Tell):  # noqa: F811
    operation, world = OPERATIONS[name], World()
    arguments, _body = operation.prepare(world)
    path = operation.path.format(*arguments)
    callers = [Caller(world.people[role]) for role in ROLES]
    described = operations(DOCUMENT.raw_schema)[name]["responses"]

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=BY_NAME[name].as_strategy())
    def call(case: Any) -> None:
        body = None if isinstance(case.body, NotSet) else json.dumps(case.body).encode()
        query = {key: str(value) for key, value in (case.query or {}).items()}
        headers = {key: value for key, value in (case.headers or {}).items() if key != "Authorization"}
        for caller in callers:
            with transaction.atomic():
                response = caller.call(case.method, ROOT + path, body, headers=_sendable(headers), **query)
                transaction.set_rollback(True)
            check(name, response, described)
            body_of(response)
            MADE_UP["calls"] += 1

    call()
    told("calls made up by schemathesis, each answered as documented", MADE_UP["calls"], "calls", None)


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
    assert (media_type in content) or (status == 204 and not content), (name, status, media_type)
    if media_type.endswith("json") and not response.streaming and media_type != "application/geo+json":
        schema = {**content[media_type]["schema"], "components": DOCUMENT.raw_schema["components"]}
        jsonschema.Draft202012Validator(schema).validate(response.json())
