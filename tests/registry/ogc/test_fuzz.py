"""Calls that schemathesis makes up from the OpenAPI document of /ogc/, as several people: never an error of the
service's own, and every answer is one that the document describes."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

from registry.models import Role
from tests import factories
from tests.assurance.conftest import times
from tests.calls import Caller
from tests.registry.ogc.conftest import OGC, Map
from tests.registry.ogc.test_part_1 import COLLECTIONS

EXAMPLES = times(3, 100)
PARTS = ("", *COLLECTIONS)
"""Of the document: what is of no collection, and each collection."""


@pytest.fixture(autouse=True)
def calls_are_counted_for_nobody(settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}


@pytest.fixture
def callers(one_map: Map) -> dict[str, Caller]:
    return {
        "anonymous": Caller(),
        "of no organization": Caller(factories.user("nobody")),
        "viewer": one_map.caller,
        "owner": Caller(factories.member(one_map.owner, Role.MANAGER)),
        "regulator": Caller(factories.member(factories.regulator(of=factories.JIANGAN))),
    }


def operations(document: dict[str, Any], part: str) -> Iterator[Any]:
    """The operations of a part, as schemathesis reads them."""
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        inside = operation.path.split("/")[2:3] if operation.path.startswith("/collections/") else []
        if inside == ([part] if part else []):
            yield operation


def as_json_schema(document: dict[str, Any]) -> dict[str, Any]:
    """The components, where OpenAPI 3.0 says `nullable` as JSON Schema says it."""
    components: dict[str, Any] = json.loads(json.dumps(document["components"]))
    interval = components["schemas"]["extent"]["properties"]["temporal"]["properties"]["interval"]
    moment = interval["items"]["items"]
    assert moment.pop("nullable") is True
    moment["type"] = ["string", "null"]
    return components


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS)
def test_made_up_calls_are_answered_as_the_document_says(part: str, one_map: Map, callers: dict[str, Caller]):
    document = one_map.read("api")
    components, seen = as_json_schema(document), {name: set[int]() for name in callers}
    chosen = list(operations(document, part))
    assert len(chosen) == (5 if part else 4)
    for operation in chosen:
        described = document["paths"][operation.path]["get"]["responses"]
        for query, path in made_up(operation):
            for name, caller in callers.items():
                response = caller.get(OGC + path, **query)
                seen[name].add(response.status_code)
                check((operation.label, name, query), response, described, components)
    # Descriptions are everyone's; features are for members of some organization.
    for name, statuses in seen.items():
        assert 200 in statuses, (name, statuses)
        assert (401 in statuses) == (name == "anonymous" and bool(part))
        assert (403 in statuses) == (name == "of no organization" and bool(part))


def made_up(operation: Any) -> list[tuple[dict[str, str], str]]:
    """Calls of an operation that fit its parameters: query, and path below /ogc/."""
    calls = []

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def note(case: Any) -> None:
        query = {} if isinstance(case.query, NotSet) else case.query or {}
        path = operation.path.format(**case.path_parameters).removeprefix("/")
        calls.append(({name: written(value) for name, value in query.items()}, path))

    note()
    return calls


def written(value: Any) -> str:
    """As a parameter is written by `style: form` without `explode`."""
    if isinstance(value, list):
        return ",".join(map(written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def check(what: Any, response: Any, described: dict[str, Any], components: dict[str, Any]) -> None:
    assert response.status_code < 500, (what, response.content)
    assert str(response.status_code) in described, (what, response.status_code, response.content)
    content = described[str(response.status_code)]["content"]
    media_type = response["Content-Type"].partition(";")[0]
    known = {name.partition(";")[0]: told for name, told in content.items()}
    assert media_type in known, (what, media_type)
    if media_type.endswith("json"):
        schema = {**known[media_type]["schema"], "components": components}
        jsonschema.Draft202012Validator(schema).validate(response.json())
