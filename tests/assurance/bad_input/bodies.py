"""What the document says that the bodies of the API hold: every object in them, however deep, and every place."""

import copy
from collections.abc import Iterator
from typing import Any

import yaml

from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.test_schema import COMMITTED

Path = tuple[str | int, ...]
"""Names of fields, and 0 for the first of a list."""
Schema = dict[str, Any]

WRITING = {name: one for name, one in OPERATIONS.items() if one.method in ("POST", "PATCH") and not one.upload}
PLACE = {"type", "coordinates", "bbox"}


def _read_document() -> tuple[dict[str, Schema], dict[str, Schema]]:
    document = yaml.safe_load(COMMITTED.read_text("utf-8"))
    requests = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    return requests, document["components"]["schemas"]


REQUESTS, COMPONENTS = _read_document()


def resolved(schema: Schema) -> Schema:
    return COMPONENTS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def objects(name: str, body: Any) -> Iterator[tuple[Path, Schema]]:
    """Each object that the body of an operation may hold; of several that may be, the one that suits `body`."""
    yield from _objects(REQUESTS.get(name, {"type": "object"}), (), body)


def places(name: str, body: Any) -> list[Path]:
    """Where in the body of an operation a place may be."""
    return [path for path, schema in objects(name, body) if is_place(schema)]


def is_place(schema: Schema) -> bool:
    return set(schema.get("properties", ())) == PLACE


def found(body: Any, path: Path) -> Any:
    """What is there; None where nothing is."""
    for key in path:
        inside = isinstance(body, list) and body if isinstance(key, int) else isinstance(body, dict) and key in body
        if not inside:
            return None
        body = body[key]
    return body


def put(body: Any, path: Path, value: Any) -> Any:
    """The body with that value there, and objects and lists about it where there were none."""
    if not path:
        return value
    key, *rest = path
    made = copy.deepcopy(body) if body is not None else [] if isinstance(key, int) else {}
    inner = put(found(made, (key,)), tuple(rest), value)
    if isinstance(made, list) and not made:
        made.append(inner)
    else:
        made[key] = inner
    return made


def pointer_to(path: Path) -> str:
    return "/".join(["#", *map(str, path)])


def _objects(schema: Schema, path: Path, body: Any) -> Iterator[tuple[Path, Schema]]:
    schema = resolved(schema)
    choices = [resolved(one) for key in ("oneOf", "anyOf", "allOf") for one in schema.get(key, ())]
    if choices:
        stated = set(found(body, path) or ())
        schema = next((one for one in choices if stated <= set(one.get("properties", ()))), choices[0])
    types = schema.get("type", ())
    if "object" in ([types] if isinstance(types, str) else types):
        yield path, schema
    if not is_place(schema):
        for name, inner in schema.get("properties", {}).items():
            yield from _objects(inner, (*path, name), body)
    if "items" in schema:
        yield from _objects(schema["items"], (*path, 0), body)
