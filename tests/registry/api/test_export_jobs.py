"""Exports by a job: made by a worker whatever is killed, fetched by their requester alone, and gone after a day."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from registry import tasks
from registry.api import export_job
from registry.exports import jobs
from registry.models import Asset, ExportJob, JobStatus, Membership, Organization, Protection, Role, User
from tests import factories
from tests.calls import Caller, body_of, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def viewer() -> Caller:
    grid = factories.organization("grid")
    factories.asset(grid, code="T-1", at=(114.3333, 30.6111), protection=Protection.RESTRICTED)
    factories.asset(grid, "duct", code="D-1")
    factories.asset(grid, code="C-1", protection=Protection.CORE)
    return Caller(factories.member(factories.organization("telco"), Role.VIEWER, "viewer"))


ORDER = {"resource": "assets", "format": "geojson", "parameters": {"kind": "tower"}}


def order(caller: Caller, **fields: Any) -> Any:
    response = caller.post("export-jobs/", {**ORDER, **fields})
    assert response.status_code == 202, response.content
    return response


def test_a_list_becomes_a_file_of_what_the_requester_may_see(viewer: Caller):
    ordered = order(viewer)
    assert {name: ordered.json()[name] for name in ("status", "progress", "resource")} == {
        "status": "queued", "progress": 0, "resource": "assets"
    }  # fmt: skip
    problem(viewer.get(f"{ordered['Location']}file/"), 404, "not_seen")
    tasks.make_exports()
    job = viewer.get(ordered["Location"]).json()
    assert (job["status"], job["progress"], job["rows"], job["filename"]) == ("done", 100, 1, "assets.geojson")
    response = viewer.get(f"{ordered['Location']}file/")
    assert response["Content-Type"] == "application/geo+json"
    [feature] = json.loads(body_of(response))["features"]
    assert (feature["properties"]["code"], feature["properties"]["place_is_exact"]) == ("T-1", False)
    assert feature["geometry"]["coordinates"] == [pytest.approx(114.335), pytest.approx(30.615)]


@pytest.mark.parametrize(
    ("name", "format"),
    [("assets", "gpkg"), ("assets", "csv"), ("planned-facilities", "shp"), ("demands", "xlsx"), ("matches", "parquet"),
     ("allocations", "xlsx"), ("agreements", "parquet")],
)  # fmt: skip
def test_any_list_can_be_ordered_in_any_of_its_formats(viewer: Caller, name: str, format: str):
    ordered = order(viewer, resource=name, format=format, parameters={})
    tasks.make_exports()
    job = viewer.get(ordered["Location"]).json()
    assert (job["status"], job["error"]) == ("done", "")
    assert body_of(viewer.get(f"{ordered['Location']}file/"))


def test_no_one_else_sees_the_job_or_its_file(viewer: Caller):
    ordered = order(viewer)
    tasks.make_exports()
    colleague = Caller(factories.member(Membership.objects.get(user__username="viewer").organization, Role.MANAGER))
    for caller in (colleague, Caller(factories.user("root", is_superuser=True, is_staff=True))):
        problem(caller.get(ordered["Location"]), 404, "not_seen")
        problem(caller.get(f"{ordered['Location']}file/"), 404, "not_seen")
        assert caller.get("export-jobs/").json()["results"] == []


def test_a_file_is_not_handed_out_once_the_roles_it_was_made_by_have_changed(viewer: Caller):
    ordered = order(viewer)
    tasks.make_exports()
    Membership.objects.filter(user__username="viewer").update(role=Role.EDITOR)
    problem(viewer.get(f"{ordered['Location']}file/"), 403, "not_yours")


@pytest.mark.parametrize("right", ["regulator", "superuser"])
def test_a_file_is_not_handed_out_once_the_right_to_see_what_is_in_it_is_lost(viewer: Caller, right: str):
    city = factories.regulator("city") if right == "regulator" else factories.organization("city")
    caller = Caller(factories.member(city, Role.VIEWER, "officer", is_superuser=right == "superuser"))
    ordered = order(caller)
    tasks.make_exports()
    found = json.loads(body_of(caller.get(f"{ordered['Location']}file/")))["features"]
    assert {one["properties"]["code"]: one["properties"]["place_is_exact"] for one in found} == {
        "T-1": True, "C-1": True
    }  # fmt: skip
    Organization.objects.filter(code="city").update(regulates=None)
    User.objects.filter(username="officer").update(is_superuser=False)
    problem(caller.get(f"{ordered['Location']}file/"), 403, "not_yours")


def test_a_file_whose_rights_were_noted_in_another_form_is_ordered_anew(viewer: Caller):
    ordered = order(viewer)
    tasks.make_exports()
    person = User.objects.get(username="viewer")
    ExportJob.objects.update(rights=[list(role) for role in person.roles.items()])
    problem(viewer.get(f"{ordered['Location']}file/"), 403, "not_yours")


def test_a_file_expires_with_its_job(viewer: Caller):
    ordered = order(viewer)
    tasks.make_exports()
    job = ExportJob.objects.get()
    assert job.finished_at is not None and job.expires_at is not None
    assert job.expires_at - job.finished_at == timedelta(hours=configured.EXPORT_KEPT_HOURS)
    path = Path(job.file.path)
    tasks.forget_exports()
    assert path.exists()
    ExportJob.objects.update(expires_at=timezone.now())
    problem(viewer.get(f"{ordered['Location']}file/"), 404, "not_seen")
    tasks.forget_exports()
    assert not path.exists() and not ExportJob.objects.exists()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"resource": "nothing"}, ("#/resource", "invalid")),
        ({"resource": "assets/1"}, ("#/resource", "invalid")),
        ({"resource": "me"}, ("#/resource", "invalid")),
        ({"resource": "allocations", "format": "shp"}, ("#/format", "invalid")),
        ({"format": "json"}, ("#/format", "invalid_choice")),
        ({"parameters": {"knid": "tower"}}, ("#/parameters/knid", "unknown_parameter")),
        ({"parameters": {"limit": "10"}}, ("#/parameters/limit", "invalid")),
        ({"parameters": {"crs": "EPSG:5773"}}, ("#/parameters/crs", "invalid")),
        ({"parameters": {"ordering": "geometry"}}, ("#/parameters/ordering", "invalid")),
        ({"parameters": {"kind": 7}}, ("#/parameters", "object")),
        ({"layers": "x"}, ("#/layers", "unknown_field")),
    ],
)
def test_senseless_orders_are_refused_before_a_job_is_made(viewer: Caller, fields: Any, fault: tuple[str, str]):
    assert problem(viewer.post("export-jobs/", {**ORDER, **fields}), 400, "bad_input") == [fault]
    assert ExportJob.objects.count() == 0


def test_few_are_under_way_at_once(viewer: Caller):
    for _n in range(export_job.MOST_UNFINISHED):
        order(viewer)
    problem(viewer.post("export-jobs/", ORDER), 409, "conflict")
    tasks.make_exports()
    order(viewer)


def test_what_a_format_cannot_hold_fails_and_says_why(viewer: Caller):
    Asset.objects.filter(code="T-1").update(terms="长" * 85)
    ordered = order(viewer, format="shp")
    tasks.make_exports()
    job = viewer.get(ordered["Location"]).json()
    assert (job["status"], "255 bytes" in job["error"]) == ("failed", True)
    problem(viewer.get(f"{ordered['Location']}file/"), 404, "not_seen")


def test_a_job_whose_worker_died_is_made_by_another_and_given_up_in_the_end(viewer: Caller):
    order(viewer)
    ExportJob.objects.update(status=JobStatus.RUNNING, attempts=1)
    tasks.make_exports()
    assert ExportJob.objects.get().status == JobStatus.DONE
    ExportJob.objects.update(status=JobStatus.RUNNING, attempts=jobs.MOST_ATTEMPTS)
    tasks.make_exports()
    assert ExportJob.objects.get().status == JobStatus.FAILED


def test_what_goes_wrong_inside_is_noted_and_ends_the_job(viewer: Caller):
    order(viewer)

    def broken(*args: Any) -> Any:
        raise RuntimeError("secret")

    assert jobs.carry_out_next(broken) is True
    job = ExportJob.objects.get()
    assert job.status == JobStatus.FAILED and "secret" not in job.error and job.error


@pytest.mark.django_db(transaction=True)
def test_progress_is_told_while_the_rows_are_sent(viewer: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN_NOTES", 0.0)
    ordered = order(viewer)
    seen: list[int] = []

    def make(job: ExportJob, path: Path, counting: Any) -> None:
        counted = counting(4)
        for _n in range(4):
            counted(1)
            seen.append(ExportJob.objects.get().progress)
        path.write_bytes(b"x")

    jobs.carry_out_next(make)
    assert (seen, viewer.get(ordered["Location"]).json()["progress"]) == ([25, 50, 75, 99], 100)
