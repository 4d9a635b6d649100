"""Imports by upload: a job, its progress, its rejects, and that it is carried out whatever is killed."""

import signal
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction

from registry import tasks
from registry.importing import asset_jobs, jobs, queueing
from registry.kinds import Kind
from registry.models import Asset, Export, ImportJob, ImportTarget, JobStatus, Organization, Role
from tests import factories
from tests.calls import Caller, body_of, problem

pytestmark = pytest.mark.django_db

FILE = "编号,经度,纬度,塔高（米）\nT-1,114.31,30.59,35\nT-2,114.32,30.59,x\nT-3,114.33,30.59,20\n".encode()


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def manager() -> Caller:
    return Caller(factories.member(factories.organization("grid"), Role.MANAGER))


def send(caller: Caller, content: bytes = FILE, **fields: Any) -> Any:
    body = {"file": SimpleUploadedFile("塔.csv", content), "owner": "grid", "kind": "tower", **fields}
    return caller.upload("import-jobs/assets/", **body)


def test_a_file_becomes_assets_and_a_report_of_every_row(manager: Caller):
    sent = send(manager)
    assert (sent.status_code, sent.json()["status"], sent.json()["progress"]) == (202, "queued", 0)
    tasks.import_assets()
    job = manager.get(sent["Location"]).json()
    assert (job["status"], job["progress"], job["error"]) == ("done", 100, "")
    assert {name: job["report"][name] for name in ("rows", "created", "rejected")} == {
        "rows": 3, "created": 2, "rejected": 1
    }  # fmt: skip
    assert [(row["row"], row["column"]) for row in job["rejected"]] == [(3, "塔高（米）")]
    assert manager.codes("assets/") == {"T-1", "T-3"}
    rejects = manager.get(f"import-jobs/{job['id']}/rejects/")
    assert rejects["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in rejects["Content-Disposition"]
    corrected = body_of(rejects).replace(b",x", b",24")
    sent = send(manager, corrected)
    tasks.import_assets()
    job = manager.get(sent["Location"]).json()
    assert (job["report"]["created"], job["has_rejects"]) == (1, False)
    problem(manager.get(f"import-jobs/{job['id']}/rejects/"), 404, "not_seen")
    assert manager.codes("assets/") == {"T-1", "T-2", "T-3"}


def test_headings_and_missing_values_can_be_stated(manager: Caller):
    content = b"nr;x;y\nA;114.3;30.5\n"
    sent = send(manager, content, mapping='{"nr": "code"}', constants='{"capacity": "6"}', dry_run="true")
    tasks.import_assets()
    assert manager.get(sent["Location"]).json()["report"]["created"] == 1
    assert Asset.objects.count() == 0
    send(manager, content, mapping='{"nr": "code"}', constants='{"capacity": "6"}')
    tasks.import_assets()
    assert list(Asset.objects.values_list("code", "capacity")) == [("A", 6)]


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"<!DOCTYPE x><kml/>", b"", b"a,b\n1,2\n"])
def test_a_file_that_cannot_be_read_fails_and_says_why(manager: Caller, content: bytes):
    sent = send(manager, content)
    if not content:
        assert problem(sent, 400, "bad_input") == [("#/file", "empty")]
        return
    tasks.import_assets()
    job = manager.get(sent["Location"]).json()
    assert (job["status"], job["report"]) == ("failed", {})
    assert job["error"] and "error of the registry" not in job["error"]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"kind": "bridge"}, ("#/kind", "invalid_choice")),
        ({"mapping": "[1]"}, ("#/mapping", "object")),
        ({"layers": "x"}, ("#/layers", "unknown_field")),
    ],
)
def test_senseless_options_are_refused_before_a_job_is_made(manager: Caller, fields: dict[str, str], fault: Any):
    assert problem(send(manager, **fields), 400, "bad_input") == [fault]
    assert ImportJob.objects.count() == 0


def test_a_job_whose_worker_died_is_carried_out_by_another(manager: Caller):
    send(manager)
    ImportJob.objects.update(status=JobStatus.RUNNING, attempts=1)
    tasks.import_assets()
    assert ImportJob.objects.get().status == JobStatus.DONE
    assert Asset.objects.count() == 2


class Killed(BaseException):
    """What ends a worker where it stands."""


def killed(*args: Any, **options: Any) -> None:
    raise Killed


@pytest.mark.django_db(transaction=True)
def test_what_has_landed_keeps_its_report_and_its_undo_where_the_worker_dies_right_after(
    manager: Caller, monkeypatch: pytest.MonkeyPatch
):
    sent = send(manager)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(ImportJob, "end", killed)
        tasks.import_assets()
    assert ImportJob.objects.get().status == JobStatus.RUNNING
    Asset.objects.filter(code="T-1").update(name="Named since")

    tasks.import_assets()

    job = manager.get(sent["Location"]).json()
    assert (job["status"], job["has_rejects"], job["actions"]) == ("done", True, ["undo"])
    assert {name: job["report"][name] for name in ("created", "updated", "unchanged", "rejected")} == {
        "created": 2, "updated": 0, "unchanged": 0, "rejected": 1
    }  # fmt: skip
    assert Asset.objects.filter(name="Named since", created_at=ImportJob.objects.get().landed_at).count() == 1
    assert manager.post(f"{sent['Location']}undo/").status_code == 200
    assert manager.codes("assets/") == set()


def test_what_goes_wrong_after_a_report_was_written_takes_it_back(manager: Caller):
    send(manager)

    def broken(job: Any, path: Any, progress: Any, keep: Any) -> None:
        with transaction.atomic():
            asset_jobs.run(job, path, progress, keep)
            raise RuntimeError

    jobs.carry_out_next(ImportTarget.ASSETS, broken)
    assert list(ImportJob.objects.values_list("status", "report", "landed_at", "rejects")) == [
        ("failed", {}, None, "")
    ]
    assert Asset.objects.count() == 0


def test_a_job_that_kills_its_workers_is_given_up(manager: Caller):
    send(manager)
    ImportJob.objects.update(status=JobStatus.RUNNING, attempts=jobs.MOST_ATTEMPTS)
    tasks.import_assets()
    job = ImportJob.objects.get()
    assert (job.status, Asset.objects.count()) == (JobStatus.FAILED, 0)


def test_what_goes_wrong_inside_is_noted_and_ends_the_job(manager: Caller, monkeypatch: pytest.MonkeyPatch):
    send(manager)

    def broken(*args: Any) -> Any:
        raise RuntimeError("secret")

    jobs.carry_out_next(ImportTarget.ASSETS, broken)
    job = ImportJob.objects.get()
    assert job.status == JobStatus.FAILED and "secret" not in job.error and job.error


def test_each_task_carries_out_one_job_and_asks_for_the_next(manager: Caller, monkeypatch: pytest.MonkeyPatch):
    nudges: list[str] = []
    monkeypatch.setattr(tasks, "nudge", nudges.append)
    send(manager), send(manager)
    for waiting, asked in ((1, 1), (0, 2), (0, 2)):
        tasks.import_assets()
        assert ImportJob.objects.filter(status=JobStatus.QUEUED).count() == waiting
        assert nudges == ["registry.import_assets"] * asked


@pytest.mark.django_db(transaction=True)
def test_a_job_that_outlasts_its_task_says_what_to_do_and_takes_no_other_along(manager: Caller):
    def late(*_args: Any) -> None:
        raise SoftTimeLimitExceeded

    def slow(*_args: Any) -> Any:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(3)")

    send(manager), send(manager)
    before = signal.signal(signal.SIGALRM, late)
    try:
        assert jobs.carry_out_next(ImportTarget.ASSETS, slow)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert jobs.carry_out_next(ImportTarget.ASSETS, asset_jobs.run)
    late_one, other = ImportJob.objects.order_by("pk")
    assert (late_one.status, other.status) == (JobStatus.FAILED, JobStatus.DONE)
    assert late_one.error == "This file takes longer than one import may. Divide it, and send each part by itself."


@pytest.mark.django_db(transaction=True)
def test_few_files_of_an_organization_are_under_way_at_once(manager: Caller):
    trial = send(manager, dry_run="true")
    tasks.import_assets()
    for _n in range(queueing.MOST_UNFINISHED):
        assert send(manager).status_code == 202
    problem(send(manager), 409, "conflict")
    problem(manager.post(f"{trial['Location']}land/"), 409, "wrong_state")
    other = Caller(factories.member(factories.organization("metro"), Role.MANAGER))
    assert send(other, owner="metro").status_code == 202

    tasks.import_assets()
    assert manager.post(f"{trial['Location']}land/").status_code == 202
    problem(send(manager), 409, "conflict")


def test_a_job_under_way_is_left_to_its_worker(manager: Caller):
    """The lock of a living session, which the death of the session lets go."""
    send(manager)
    job = ImportJob.objects.get()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [jobs.JOB_LOCK, job.pk])
    try:
        assert not jobs.carry_out_next(ImportTarget.ASSETS, asset_jobs.run)
        assert ImportJob.objects.get().status == JobStatus.QUEUED
    finally:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    assert jobs.carry_out_next(ImportTarget.ASSETS, asset_jobs.run)
    assert ImportJob.objects.get().status == JobStatus.DONE
    with connection.cursor() as cursor:
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
        cursor.execute(locks, [jobs.JOB_LOCK, job.pk])
        assert cursor.fetchone() == (0,)


def test_a_trial_lands_when_asked_and_is_undone_while_nothing_uses_it(manager: Caller):
    sent = send(manager, dry_run="true")
    tasks.import_assets()
    assert manager.codes("assets/") == set()
    landing = manager.post(f"{sent['Location']}land/")
    assert (landing.status_code, landing.json()["status"]) == (202, "queued")
    tasks.import_assets()
    assert manager.codes("assets/") == {"T-1", "T-3"}
    asset = Asset.objects.get(code="T-1")
    factories.allocate(asset, holder=factories.organization("telco"))
    problem(manager.post(f"{sent['Location']}undo/"), 409, "wrong_state")
    assert manager.codes("assets/") == {"T-1", "T-3"}
    asset.allocations.all().delete()
    undone = manager.post(f"{sent['Location']}undo/")
    assert undone.status_code == 200 and undone.json()["undone_at"] >= undone.json()["landed_at"]
    assert manager.codes("assets/") == set()
    problem(manager.post(f"{sent['Location']}undo/"), 409, "wrong_state")


def test_a_file_is_looked_into_and_read_otherwise_before_it_lands(manager: Caller):
    content = b"nr,lon,lat,height_m,capacity\nA,114.31,30.59,30,3\n"
    sent = send(manager, content, dry_run="true")
    job = sent["Location"]
    problem(manager.get(f"{job}preview/"), 404, "not_seen")
    problem(manager.post(f"{job}try/", {}), 409, "wrong_state")
    tasks.import_assets()
    seen = manager.get(f"{job}preview/").json()
    assert seen["headings"] == ["nr", "lon", "lat", "height_m", "capacity"]
    assert seen["rows"] == [{"row": 2, "cells": ["A", "114.31", "30.59", "30", "3"]}]
    assert "code" not in seen["columns"] and manager.get(job).json()["report"]["created"] == 1
    assert problem(manager.post(f"{job}try/", {"mapping": {"nr": 1}}), 400, "bad_input") == [("#/mapping", "object")]
    tried = manager.post(f"{job}try/", {"mapping": {"nr": "code"}})
    assert (tried.status_code, tried.json()["status"]) == (202, "queued")
    tasks.import_assets()
    assert manager.get(f"{job}preview/").json()["columns"]["code"] == "nr"
    assert manager.get(job).json()["report"]["created"] == 1 and manager.codes("assets/") == set()


@pytest.mark.parametrize("of", [*Kind.values, "demands"])
def test_templates_hold_the_headings_that_imports_know(manager: Caller, of: str):
    line = manager.get(f"import-jobs/templates/{of}/")
    assert line["Content-Type"].startswith("text/csv")
    assert line["Content-Disposition"] == f'attachment; filename="{of}.csv"'
    assert line.content.startswith(b"\xef\xbb\xbf") and b"," in line.content
    book = manager.get(f"import-jobs/templates/{of}/", format="xlsx")
    assert book["Content-Disposition"] == f'attachment; filename="{of}.xlsx"' and book.content.startswith(b"PK")
    assert list(Export.objects.order_by("pk").values_list("filename", flat=True)) == [f"{of}.csv", f"{of}.xlsx"]
    problem(manager.get(f"import-jobs/templates/{of}/", format="pdf"), 406, "not_acceptable")
    problem(manager.get("import-jobs/templates/bridge/"), 404, "not_seen")


def test_an_editor_neither_lands_nor_undoes(manager: Caller):
    sent = send(manager, dry_run="true")
    tasks.import_assets()
    editor = Caller(factories.member(Organization.objects.get(code="grid"), Role.EDITOR))
    for verb in ("try", "land", "undo"):
        problem(editor.post(f"{sent['Location']}{verb}/"), 403, "not_yours")
    assert ImportJob.objects.get().status == JobStatus.DONE


def test_a_job_lists_what_is_open_to_whoever_reads_it(manager: Caller):
    job = send(manager, dry_run="true")["Location"]
    editor = Caller(factories.member(Organization.objects.get(code="grid"), Role.EDITOR))

    def actions(caller: Caller = manager) -> list[str]:
        told: list[str] = caller.get(job).json()["actions"]
        return told

    assert actions() == []
    tasks.import_assets()
    assert (actions(), actions(editor)) == (["try", "land"], [])
    manager.post(f"{job}land/")
    assert actions() == []
    tasks.import_assets()
    assert (actions(), actions(editor)) == (["undo"], [])
    assert manager.post(f"{job}undo/").json()["actions"] == []


def test_a_file_that_cannot_be_read_can_be_tried_again_only(manager: Caller):
    job = send(manager, b"a,b\n1,2\n", dry_run="true")["Location"]
    tasks.import_assets()
    assert manager.get(job).json()["actions"] == ["try"]
    problem(manager.post(f"{job}land/"), 409, "wrong_state")
    ImportJob.objects.update(file="")
    assert manager.get(job).json()["actions"] == []
