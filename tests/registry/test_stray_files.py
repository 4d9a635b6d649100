"""Files that no row names, in the folder of uploads."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from registry import tasks
from registry.models import ExportJob, ImportJob, ImportTarget, Role
from tests import factories

pytestmark = pytest.mark.django_db
DAY_S = 24 * 3600


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def aged(path: Path, seconds: float) -> Path:
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def sent() -> ImportJob:
    manager = factories.member(factories.organization("metro"), Role.MANAGER)
    job = ImportJob(
        organization=manager.memberships.get().organization, target=ImportTarget.ASSETS, created_by=manager,
        filename="towers.csv",
    )  # fmt: skip
    job.file.save("towers.csv", ContentFile(b"code"), save=False)
    job.rejects.save("rejects.csv", ContentFile(b"row"), save=False)
    job.save()
    return job


def test_a_file_whose_row_was_undone_goes_a_day_later(uploads: Path):
    try:
        with transaction.atomic():
            job = sent()
            raise InterruptedError
    except InterruptedError:
        pass
    paths = [aged(Path(file.path), DAY_S - 60) for file in (job.file, job.rejects)]
    tasks.forget_imports()
    assert all(path.exists() for path in paths)

    for path in paths:
        aged(path, DAY_S + 60)
    tasks.forget_imports()
    assert not any(path.exists() for path in paths)


def test_what_a_row_names_stays_however_old_and_so_does_what_is_no_jobs(uploads: Path):
    job = sent()
    order = ExportJob(requested_by=job.created_by, resource="assets", format="csv")
    order.file.save("assets.csv", ContentFile(b"code"))
    kept = [Path(file.path) for file in (job.file, job.rejects, order.file)]
    other = uploads / "note.txt"
    other.touch()
    stray = uploads / "exports" / "2026" / "stray.csv"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.touch()
    for path in (*kept, other, stray):
        aged(path, 400 * DAY_S)

    tasks.forget_imports()
    assert [path.exists() for path in (*kept, other, stray)] == [True, True, True, True, False]


def test_files_of_another_database_are_left_alone(uploads: Path, caplog: pytest.LogCaptureFixture):
    (uploads / "imports").mkdir()
    path = uploads / "imports" / "theirs.csv"
    path.write_text("code")
    aged(path, 2 * DAY_S)
    (uploads / "of-database").write_text("another")
    tasks.forget_imports()
    assert path.exists() and "those of another database" in caplog.text
    (uploads / "of-database").unlink()
    tasks.forget_imports()
    assert not path.exists() and (uploads / "of-database").exists()
