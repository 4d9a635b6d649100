"""The OpenAPI document: the committed one is the one that is served, and what it says of each operation is so.

After a change that is meant: RECORD=1 make test ARGS=tests/sharing/api/test_schema.py, then
manage.py spectacular --validate --file docs/openapi.yaml, and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import call_command

from registry.api import schema as registry_schema
from sharing.api import schema as sharing_schema
from tests.calls import Caller, body_of
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.test_access import COMMITTED, call
from tests.sharing.api.world import World

OF_REGISTRY = (
    "regions",
    "organizations",
    "assets",
    "allocations",
    "planned_facilities",
    "terrain_areas",
    "changes",
    "disclosures",
    "sights",
    "exports",
    "export_jobs",
    "place_grants",
    "memberships",
    "invitations",
    "tokens",
    "caller",
)
RECORD = bool(os.environ.get("RECORD"))
# Of these the answer is no JSON.
FILES = {
    "import_jobs_rejects",
    "import_jobs_template",
    "export_jobs_file",
    "demand_lists_print",
    "matches_letter",
    "reports_file",
    "samples_file",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document as it is served now."""
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", file=str(path), validate=True, fail_on_warn=True)
    generated: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return generated


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["operationId"]: one for _path, _method, one in registry_schema.operations(document)}


def examples() -> dict[str, Any]:
    return {**registry_schema.examples(registry_schema.EXAMPLES), **registry_schema.examples(sharing_schema.EXAMPLES)}


def test_the_committed_document_is_the_one_served(document: dict[str, Any]):
    committed = yaml.safe_load(COMMITTED.read_text("utf-8"))
    assert committed == document, "Review the change, then write docs/openapi.yaml anew (see this file's head)."


def test_every_operation_says_what_it_is_what_it_takes_and_what_can_go_wrong(document: dict[str, Any]):
    described = operations(document)
    assert set(described) == set(OPERATIONS)
    for name, operation in described.items():
        assert operation["summary"] and operation["description"] and operation["tags"], name
        for parameter in operation.get("parameters", []):
            assert parameter["schema"].get("type"), (name, parameter["name"])
        statuses = set(operation["responses"])
        assert {"400", "401", "403", "406", "429", "500"} < statuses, name
        assert ("404" in statuses) == ("{" in OPERATIONS[name].path or OPERATIONS[name].method != "GET"), name
        bodies = operation.get("requestBody", {}).get("content", {}).values()
        assert all("examples" in body for body in bodies), name
        for status in statuses - {"200", "201", "202", "204"}:
            content = operation["responses"][status]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, (
                name,
                status,
            )


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPERATIONS)
def test_the_example_is_what_happens(name: str, document: dict[str, Any], settings: Any, tmp_path: Path):
    """The recorded request is answered as recorded, and as the document says."""
    settings.MEDIA_ROOT = tmp_path
    operation, world = OPERATIONS[name], World()
    arguments, body = operation.prepare(world)
    response = call(Caller(world.people[sorted(operation.does)[0]]), operation, arguments, body)
    assert response.status_code == operation.status, response.content
    if name in FILES:
        body_of(response)  # read to its end, so that the file behind it is closed
    happened: dict[str, Any] = {"status": operation.status}
    if operation.upload:
        body["file"].seek(0)
        happened["request"] = body | {"file": body["file"].read().decode()}
        described = operations(document)[name]["requestBody"]["content"]["multipart/form-data"]["schema"]
        schema = {**described, "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(happened["request"])
    elif body is not None:
        happened["request"] = json.loads(json.dumps(body))
    if operation.status != 204 and name not in FILES:
        happened["response"] = response.json()
        described = operations(document)[name]["responses"][str(operation.status)]["content"]["application/json"]
        schema = {**described["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(happened["response"])
    if RECORD and shape(happened) != shape(examples().get(name)):
        record(name, happened)
    assert shape(happened) == shape(examples()[name])


def shape(value: Any) -> Any:
    """Names and types, without ids, moments and other values that differ from run to run."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def record(name: str, happened: dict[str, Any]) -> None:
    of_registry = name.startswith(OF_REGISTRY)
    path = registry_schema.EXAMPLES if of_registry else sharing_schema.EXAMPLES
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[name] = happened
    path.write_text(json.dumps(dict(sorted(known.items())), ensure_ascii=False, indent=1) + "\n", "utf-8")
    registry_schema.examples.cache_clear()
