"""Files of demands by the API: whoever may send one says what becomes of it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from registry.importing import requests
from registry.models import ImportJob, JobStatus, Role
from sharing.models import Demand
from sharing.tasks.imports import import_demands
from tests import factories
from tests.calls import Caller, problem

pytestmark = pytest.mark.django_db
FILE = b"no,kind,quantity,start,lon,lat,radius_m\nA,tower,2,2027-01-01,114.31,30.59,500\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that Celery was nudged to begin."""
    tasks: list[str] = []
    monkeypatch.setattr(requests, "nudge_on_commit", tasks.append)
    return tasks


def tried(caller: Caller) -> Any:
    """The address of a job whose file was checked."""
    file = SimpleUploadedFile("demands.csv", FILE)
    sent = caller.upload("import-jobs/demands/", file=file, party="party", title="5G", dry_run="true")
    assert sent.status_code == 202, sent.content
    import_demands()
    return sent["Location"]


def test_the_editor_who_sent_a_trial_reads_it_otherwise_and_lets_it_land(nudged: list[str]):
    editor = Caller(factories.member(factories.organization("party"), Role.EDITOR))
    job = tried(editor)
    assert Demand.objects.count() == 0 and editor.get(job).json()["actions"] == ["try", "land"]
    for verb, body in (("try", {"mapping": {"no": "name"}}), ("land", None)):
        asked = editor.post(f"{job}{verb}/", body)
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        assert nudged.pop() == "sharing.import_demands" and not nudged
        import_demands()
        assert editor.get(job).json()["status"] == "done"
    assert list(Demand.objects.values_list("name", "quantity", "list__title")) == [("A", 2, "5G")]
    problem(editor.post(f"{job}land/"), 409, "wrong_state")
    problem(editor.post(f"{job}undo/"), 409, "wrong_state")


class Killed(BaseException):
    """What ends a worker where it stands."""


def test_what_has_landed_keeps_its_report_and_its_list_where_the_worker_dies_right_after(
    monkeypatch: pytest.MonkeyPatch,
):
    def killed(*args: Any, **options: Any) -> None:
        raise Killed

    editor = Caller(factories.member(factories.organization("party"), Role.EDITOR))
    job = tried(editor)
    editor.post(f"{job}land/")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(ImportJob, "end", killed)
        import_demands()
    Demand.objects.update(quantity=3)

    import_demands()

    told = editor.get(job).json()
    demand = Demand.objects.get()
    assert (told["status"], told["report"]["created"], told["demand_list_id"]) == ("done", 1, demand.list_id)
    assert demand.quantity == 3


def test_a_viewer_of_the_party_does_not():
    party = factories.organization("party")
    job = tried(Caller(factories.member(party, Role.EDITOR)))
    viewer = Caller(factories.member(party, Role.VIEWER))
    assert viewer.get(job).json()["actions"] == []
    for verb in ("try", "land", "undo"):
        problem(viewer.post(f"{job}{verb}/"), 403, "not_yours")
    assert ImportJob.objects.get().status == JobStatus.DONE
