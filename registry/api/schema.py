"""The OpenAPI document: summaries from docstrings, every error, and examples that are tested."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from registry.api import problems
from registry.api.downloads import CRS, STREAMED
from registry.api.idempotency import HEADER, LONGEST_KEY
from registry.exports.formats import FORMATS

EXAMPLES = Path(__file__).with_name("examples.json")
CODE = re.compile("`([a-z_]+)`")
METHODS = ("get", "post", "put", "patch", "delete")
ALWAYS = (
    "malformed", "bad_input", "not_authenticated", "not_yours", "scope_missing", "not_acceptable", "throttled",
    "internal",
)  # fmt: skip
FILES = {format.media_type for format in FORMATS.values() if format.name not in (*STREAMED, "ofds")}
UNSAFE = ("conflict", "wrong_state", "too_large", "unsupported_media_type", "key_reused")
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:infrashare:problem: and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people, in their language."},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(problems.CODES), "description": "For programs; stable."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Into the body (RFC 6901)."},
                    "parameter": {"type": "string", "description": "Of the address."},
                    "header": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "next_best": {"type": ["integer", "null"], "description": "The match that still fits, where units are gone."},
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names the sign-in by token."""

    target_class = "registry.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A personal or service token (POST /tokens/)."}


class ResourceSchema(AutoSchema):
    """Summaries: of verbs the first line of their docstring, of lists and objects by the view's noun."""

    view: Any

    def get_tags(self) -> list[str]:
        return [self.view.nouns]

    def get_operation_id(self) -> str:
        """Noun and verb: assets_list, matches_approve."""
        noun = self.view.nouns.replace(" ", "_").replace("-", "")
        return f"{noun}_{getattr(self.view, 'action', None) or 'retrieve'}".rstrip("_")

    def get_summary(self) -> str:
        first, _rest = self._said()
        if first:
            return first
        noun = self.view.noun
        article = "an" if noun[0] in "aeiou" else "a"
        return f"List {self.view.nouns}" if self._is_list_view() else f"Read {article} {noun}"

    def get_description(self) -> str:  # type: ignore[override]
        _first, rest = self._said()
        return rest or " ".join((type(self.view).__doc__ or "").split())

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = []
        reads = self._is_list_view() or getattr(self.view, "action", "") == "retrieve"
        if self.method == "GET" and reads and hasattr(self.view, "known_fields"):
            parameters.append(
                OpenApiParameter("fields", str, description="Only these fields, with commas between."),
            )
        if self._is_list_view() and bool(getattr(self.view, "place", "")):
            parameters.append(
                OpenApiParameter(
                    CRS,
                    str,
                    description="Of downloads: EPSG:n, gcj02 or bd09; WGS 84 when left out (docs/formats.md).",
                )
            )
        if self.method == "GET" and (getattr(self.view, "action", "") == "retrieve" or self.view.is_object):
            parameters.append(_header("If-None-Match", "ETags that you have; 304 where one is current."))
        if self.method in ("PATCH", "DELETE") or (self.method == "POST" and getattr(self.view, "detail", False)):
            parameters.append(_header("If-Match", "The ETag that you read; 412 where the object has changed since."))
        if self.method != "GET" and self.view.keeps_answer():
            parameters.append(
                _header(HEADER, f"1 to {LONGEST_KEY} characters; the same key gets the same answer for 24 hours.")
            )
        return parameters

    def _said(self) -> tuple[str, str]:
        """First line and rest of the docstring of what answers; empty for the lists and objects of all nouns."""
        view: Any = self.view
        name = getattr(view, "action", None) or self.method.lower()
        handler = getattr(view, name, None)
        text = (getattr(handler, "__doc__", None) or "") if name not in ("list", "retrieve") else ""
        first, _break, rest = text.strip().partition("\n")
        return first.strip(), " ".join(rest.split())


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


def add_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation's errors, as far as its method and address can meet them."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path, method, operation in operations(result):
        codes = [*ALWAYS]
        codes += UNSAFE if method != "get" else ()
        codes += ["not_seen"] if "{" in path or method != "get" else []
        is_verb = method == "post" and "{" in path
        codes += ["precondition_failed"] if method in ("patch", "delete") or is_verb else []
        codes += ["units_gone", "stale_form"] if is_verb else []
        # What is there in some states of an object only, such as the letter of a decision.
        codes += ["wrong_state"] if method == "get" and "}/" in path and not path.endswith("}/") else []
        for status, named in sorted(problems.documented(codes).items()):
            operation["responses"][str(status)] = {
                "description": "; ".join(f"`{code}`: {problems.CODES[code][1]}" for code in named),
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    return result


def add_formats(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """CSV is text, GeoJSON a FeatureCollection or a Feature, and the other downloads are files."""
    for name, schema in result["components"]["schemas"].items():
        # What is sent is checked to the last name; a kind's details are told apart by theirs.
        if name.endswith(("Request", "Details")) and "properties" in schema:
            schema["additionalProperties"] = False
    for path, _method, operation in operations(result):
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status.startswith("2") and "application/json" in content and "text/csv" in content:
                content["text/csv"] = {"schema": {"type": "string", "description": "Headings, then a line a row."}}
            if status.startswith("2") and "application/geo+json" in content:
                name = "Feature" if path.endswith("}/") else "FeatureCollection"
                content["application/geo+json"] = {"schema": {"type": "object", "title": name}}
            for media_type in FILES & set(content):
                content[media_type] = {"schema": {"type": "string", "format": "binary"}}
    return result


def add_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    return with_examples(result, examples(EXAMPLES))


def with_examples(result: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded call of each operation as the example of its body, a file by its text, and of its answer."""
    for _path, _method, operation in operations(result):
        example = known.get(operation["operationId"])
        if example is None:
            continue
        bodies = operation.get("requestBody", {}).get("content", {})
        body = bodies.get("application/json") or bodies.get("multipart/form-data")
        if body is not None and "request" in example:
            body["examples"] = {"recorded": {"value": example["request"]}}
        response = operation["responses"].get(str(example["status"]), {}).get("content", {}).get("application/json")
        if response is not None and "response" in example:
            response["examples"] = {"recorded": {"value": example["response"]}}
    return result


@cache
def examples(path: Path) -> dict[str, Any]:
    """Operation id → request, status and response of a call, as a test has recorded it."""
    recorded: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return recorded


def codes_of(response: Mapping[str, Any]) -> set[str]:
    """The codes of problems that an operation's response of some status names."""
    return set(CODE.findall(response["description"]))


def operations(result: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in result["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
