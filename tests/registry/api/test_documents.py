"""The API's own description: open to everyone, made once, counted like all calls, and refusing with problems."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml

from registry.api import documents
from registry.models import Role
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db

ADDRESSES = ("/api/v1/schema/", "/api/v1/docs/")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A note of each document that is made, short ones here."""
    notes: list[str] = []

    class Generator:
        def get_schema(self, request: Any, public: bool) -> dict[str, Any]:
            notes.append(documents.translation.get_language())
            return {"openapi": "3.1.0", "info": {"title": notes[-1]}}

    monkeypatch.setattr(documents, "SchemaGenerator", Generator)
    documents.document.cache_clear()
    yield notes
    documents.document.cache_clear()


def test_the_document_is_made_once_for_each_language_and_format(made: list[str]):
    caller = Caller()
    for _call in range(3):
        assert yaml.safe_load(caller.get("schema/").content)["info"]["title"] == "en"
        assert yaml.safe_load(caller.get("schema/", lang="zh-hans").content)["info"]["title"] == "zh-hans"
        assert json.loads(caller.get("schema/", format="json").content)["info"]["title"] == "en"
        chinese = caller.get("schema/", headers={"Accept-Language": "zh-hans"})
        assert yaml.safe_load(chinese.content)["info"]["title"] == "zh-hans"
    assert made == ["en", "zh-hans", "en"]
    assert problem(caller.get("schema/", lang="tlh"), 400, "bad_input") == [("lang", "invalid_choice")]
    assert problem(caller.get("schema/", version="2"), 400, "bad_input") == [("version", "unknown_parameter")]
    assert made == ["en", "zh-hans", "en"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_its_calls_are_counted(path: str, made: list[str], settings: Any):
    settings.API_CALLS_PER_MINUTE = settings.API_CALLS_PER_MINUTE_UNKNOWN = 3
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}}
    manager = Caller(factories.member(factories.organization("grid"), Role.MANAGER))
    for caller in (Caller(), manager):
        answers = [caller.get(path) for _call in range(8)]
        refused = [answer for answer in answers if answer.status_code == 429]
        # The minute may turn over once while they are made.
        assert 2 <= len(refused) <= 5
        assert problem(refused[0], 429, "throttled") == []


@pytest.mark.parametrize("path", ADDRESSES)
def test_it_refuses_with_problems(path: str, made: list[str]):
    caller = Caller()
    assert caller.get(path).status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        problem(caller.call(method, path), 405, "method_not_allowed")
    problem(caller.get(path, headers={"Accept": "image/png"}), 406, "not_acceptable")
    problem(caller.get(path, format="xlsx"), 406, "not_acceptable")
