"""What the log says, and what it never does: canaries are let into every way in, and looked for in its lines."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from logging.config import dictConfig

import pytest
from django.conf import settings as site
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from registry.accounts import tokens
from registry.kinds import Kind
from registry.models import Asset, Protection, Role, Scope
from tests import factories

PLACE = (114.271828182, 30.561616161)
PASSWORD = "canary-of-the-sign-in"

Lines = Callable[[], list[dict[str, str]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log as production writes it, each line read back."""
    written = io.StringIO()
    handler = {**site.LOGGING["handlers"]["console"], "formatter": "json", "stream": written}
    dictConfig({**site.LOGGING, "handlers": {"console": handler}})
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    dictConfig(site.LOGGING)


def test_each_line_is_one_object(lines: Lines):
    logging.getLogger("infrashare.example").warning("Line one\nand two: %s", "机房", extra={"asset": 7})
    [line] = lines()

    assert line.pop("time")[:2] == "20"
    assert line == {
        "level": "WARNING", "logger": "infrashare.example", "message": "Line one\nand two: 机房", "asset": 7,
    }  # fmt: skip


def test_a_row_that_the_database_refuses_is_told_without_its_values(lines: Lines, db):
    asset = factories.asset(factories.organization(), at=PLACE, protection=Protection.RESTRICTED)
    try:
        with transaction.atomic():
            Asset.objects.filter(pk=asset.pk).update(capacity=0)
    except DatabaseError as error:
        assert asset.geometry.hexewkb.decode() in str(error), "the canary sings no longer"
        logging.getLogger("infrashare.example").exception("Not written: %s", error)
    [line] = lines()

    assert "asset_has_capacity" in line["message"] and "test_logs.py" in line["exc_info"]
    assert asset.geometry.hexewkb.decode() not in str(line) and asset.code not in str(line)


def test_what_is_refused_is_told_with_who_asked_and_by_which_token(lines: Lines, client: Client, db):
    viewer = factories.member(factories.organization("mobile"), Role.VIEWER)
    hidden = factories.asset(factories.organization("grid"), protection=Protection.CORE)
    token, secret = tokens.issue_personal(
        name="x", scopes=[Scope.READ], expires_at=timezone.now() + timedelta(days=1), actor=viewer
    )
    lines().clear()
    client.get("/assets/none/", headers={"X-Who": "nobody"})
    client.get("/api/v1/assets/?bbox=114.27,30.56,114.28,30.57&x=1", headers={"Authorization": f"Bearer {secret}"})
    client.post("/api/v1/assets/", {}, "application/json", headers={"Authorization": f"Bearer {secret}"})
    client.force_login(viewer)
    client.get(f"/assets/{hidden.pk}/")

    told = [line for line in lines() if line["logger"] == "django.request"]
    assert [(line["status_code"], line.get("person"), line.get("token")) for line in told] == [
        (404, None, None), (400, viewer.pk, token.pk), (403, viewer.pk, token.pk), (404, viewer.pk, None),
    ]  # fmt: skip
    assert "bbox" not in str(told) and "request" not in told[0]


def test_no_way_in_leaves_a_secret_or_an_exact_place_in_the_log(lines: Lines, client: Client, db, monkeypatch):
    owner = factories.organization("grid")
    editor = factories.member(owner, Role.EDITOR, "canary-editor")
    asset = factories.asset(owner, Kind.TOWER, at=PLACE, protection=Protection.CORE)
    client.post("/account/sign-in/", {"login": "canary-editor", "password": PASSWORD})
    bearer = {"Authorization": "Bearer canary-of-the-token"}
    assert client.get("/api/v1/assets/", headers=bearer).status_code == 401

    def broken(*_args: object, **_kwargs: object) -> None:
        try:
            Asset.objects.filter(pk=asset.pk).update(capacity=0)
        except DatabaseError as error:
            raise RuntimeError("Unforeseen") from error

    monkeypatch.setattr("registry.asset_writing.change", broken)
    client.force_login(editor)
    client.raise_request_exception = False
    body = json.dumps({"name": "canary-of-the-body"})
    answer = client.patch(f"/api/v1/assets/{asset.pk}/", body, content_type="application/json")
    assert answer.status_code == 500
    told = json.dumps(lines(), ensure_ascii=False)

    assert "asset_has_capacity" in told
    for canary in (PASSWORD, "canary-of-the-token", "canary-of-the-body", asset.geometry.hexewkb.decode(), "114.2718"):
        assert canary not in told


WORKER = """
import logging
from django.db import IntegrityError
from config.celery import app

app.log.setup(loglevel={level!r})

@app.task(name="example.fail")
def fail():
    raise IntegrityError("one has no place\\nDETAIL:  Failing row contains (1, canary\\n\\nsings on).")

logging.getLogger("infrashare.example").info("A note")
fail.apply()
"""


@pytest.mark.parametrize(("level", "said"), [("INFO", ["A note", "has no place"]), ("ERROR", ["has no place"])])
def test_workers_log_as_the_site_does_from_their_own_level_on(level: str, said: list[str]):
    code = WORKER.format(level=level)
    made = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"LOG_FORMAT": "json"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    lines = [json.loads(line) for line in made.stderr.splitlines()]

    assert [word in line["message"] for word, line in zip(said, lines, strict=True)] == [True] * len(said)
    assert lines[-1]["logger"] == "celery.app.trace" and "IntegrityError: one has no place" in lines[-1]["exc_info"]
    assert "canary" not in made.stderr and "sings on" not in made.stderr
