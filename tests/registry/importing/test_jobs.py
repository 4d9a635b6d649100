"""What is kept of a file after its import, and for how long."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from registry import tasks
from registry.errors import WrongState
from registry.importing import requests
from registry.models import ImportJob, ImportTarget, JobStatus, Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(settings, tmp_path) -> ImportJob:
    """A trial that has ended, with its file, a rejected row and a preview."""
    settings.MEDIA_ROOT = tmp_path
    manager = factories.member(factories.organization("metro"), Role.MANAGER)
    made = ImportJob(
        organization=manager.memberships.get().organization, target=ImportTarget.ASSETS, created_by=manager,
        filename="towers.csv", options={"dry_run": True}, status=JobStatus.DONE, finished_at=timezone.now(),
        report={"created": 4}, rejected=[{"row": 2, "column": "x", "reason": "114.3 is too much"}],
        preview={"rows": [["114.3"]]},
    )  # fmt: skip
    made.file.save("towers.csv", ContentFile(b"code"), save=False)
    made.rejects.save("rejects.csv", ContentFile(b"row"), save=False)
    made.save()
    return made


def test_what_was_sent_goes_after_its_time_and_the_report_stays(job: ImportJob, settings):
    paths = [Path(job.file.path), Path(job.rejects.path)]
    ImportJob.objects.update(finished_at=timezone.now() - timedelta(days=89))
    tasks.forget_imports()
    assert all(path.exists() for path in paths)

    ImportJob.objects.update(finished_at=timezone.now() - timedelta(days=91))
    tasks.forget_imports()

    job.refresh_from_db()
    assert not any(path.exists() for path in paths)
    assert (job.file.name, job.rejects.name, job.rejected, job.preview) == ("", "", [], {})
    assert (job.report, job.status) == ({"created": 4}, JobStatus.DONE)


def test_an_import_that_waits_keeps_its_file_however_old(job: ImportJob):
    ImportJob.objects.update(
        status=JobStatus.QUEUED, finished_at=None, created_at=timezone.now() - timedelta(days=400)
    )

    tasks.forget_imports()

    job.refresh_from_db()
    assert job.file


def test_rejected_rows_of_a_trial_go_when_it_is_read_anew(job: ImportJob, django_capture_on_commit_callbacks):
    path = Path(job.rejects.path)
    with django_capture_on_commit_callbacks() as asked:
        requests.try_again(job.pk, {}, actor=job.created_by)
    assert path.exists()
    for callback in asked:
        callback()
    assert (path.exists(), ImportJob.objects.get().rejects.name, Path(job.file.path).exists()) == (False, "", True)


def test_what_is_gone_cannot_be_carried_out(job: ImportJob):
    ImportJob.objects.update(file="")
    with pytest.raises(WrongState, match="send it again"):
        requests.land(job.pk, actor=job.created_by)
    assert ImportJob.objects.get().status == JobStatus.DONE
