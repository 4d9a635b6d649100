"""Requests with more parts than are read, and a stranger's that name a key."""

from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.models import ImportJob, Role
from tests import factories
from tests.calls import ROOT, Caller, problem

pytestmark = pytest.mark.django_db

MANY = "&".join(f"p{n}=1" for n in range(1001))
EVERY_DOOR = (
    "/api/v1/assets/", "/api/v1/me/", "/api/v1/schema/", "/api/v1/docs/", "/ogc/",
    "/ogc/collections/towers/items", "/ogc/tiles/WebMercatorQuad/0/0/0",
)  # fmt: skip


@pytest.fixture
def manager() -> Caller:
    return Caller(factories.member(factories.organization("grid"), Role.MANAGER))


@pytest.mark.parametrize("path", EVERY_DOOR)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_thousand_parameters_are_malformed_and_no_error_of_the_registry(
    path: str, method: str, manager: Caller, caplog: pytest.LogCaptureFixture
):
    for caller in (Caller(), manager):
        problem(caller.call(method, f"{path}?{MANY}"), 400, "malformed")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("target", ["assets", "demands"])
def test_a_thousand_fields_or_a_hundred_files_are_malformed(
    target: str, manager: Caller, caplog: pytest.LogCaptureFixture
):
    fields: dict[str, Any] = {f"f{n}": "1" for n in range(1001)}
    files: dict[str, Any] = {f"f{n}": SimpleUploadedFile(f"{n}.csv", b"code\n") for n in range(101)}
    for body in (fields, files):
        problem(manager.upload(f"import-jobs/{target}/", **body), 400, "malformed")
    assert ImportJob.objects.count() == 0
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_fields_that_the_check_of_the_session_reads_are_malformed_too(manager: Caller):
    client = Client(enforce_csrf_checks=True)
    client.cookies = manager.client.cookies
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    fields = {f"f{n}": "1" for n in range(1001)}
    problem(client.post(f"{ROOT}import-jobs/assets/", fields), 400, "malformed")


@pytest.mark.parametrize("path", ["/api/v1/schema/", "/api/v1/docs/", "/ogc/"])
def test_a_stranger_with_a_key_is_refused_like_one_without(path: str):
    problem(Caller().post(path, headers={"Idempotency-Key": "k"}), 405, "method_not_allowed")
