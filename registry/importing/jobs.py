"""Imports in the background: every job is carried out, whatever is killed meanwhile.

Who runs a job holds an advisory lock of its session as long as it lives, so that a running job without a lock is one
whose worker has died. An import lands in one transaction and changes nothing the second time, so it is just run again.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import File
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.importing.report import ImportReport, write_rejects
from registry.importing.table import UnreadableFile
from registry.models import ImportJob, JobStatus

log = logging.getLogger(__name__)
# Of PostgreSQL's advisory locks, beside the id of the job.
JOB_LOCK = 2026_166
MOST_ATTEMPTS = 5
SHOWN_REJECTS = 100

Run = Callable[[ImportJob, Path, Callable[[str], None]], ImportReport]
"""Carries out a job on a file, and says what begins."""


class Refused(Exception):
    """The import as a whole cannot be; the message, already translated, says why."""


def carry_out_waiting(target: str, run: Run) -> int:
    """Runs every job of `target` that is queued or whose worker has died; returns how many were carried out."""
    done = 0
    for job_id in ImportJob.objects.unfinished().filter(target=target).order_by("pk").values_list("pk", flat=True):
        done += carry_out(job_id, run)
    return done


def carry_out(job_id: int, run: Run) -> bool:
    """Runs one job, unless another worker does; whether it did."""
    with alone(JOB_LOCK, job_id) as is_alone:
        job = ImportJob.objects.unfinished().filter(pk=job_id).first() if is_alone else None
        if job is None:
            return False
        job.attempts += 1
        if job.attempts > MOST_ATTEMPTS:
            _end(job, JobStatus.FAILED, error=_("Its workers died, again and again."))
            return True
        job.status, job.started_at = JobStatus.RUNNING, timezone.now()
        job.save(update_fields=["attempts", "status", "started_at"])
        try:
            with _local_copy(job) as path:
                report = run(job, path, lambda stage: _progress(job, stage))
                _keep(job, report, path.parent)
        except (UnreadableFile, Refused) as error:
            _end(job, JobStatus.FAILED, error=str(error))
        except Exception:
            log.exception("Import job %s failed", job.pk)
            _end(job, JobStatus.FAILED, error=_("An error of the registry's own; it has been noted."))
        else:
            _end(job, JobStatus.DONE)
        return True


@contextmanager
def alone(lock: int, job_id: int) -> Iterator[bool]:
    """Whether no other session has this lock on the job; held until the end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock, job_id % 2**31])
        [locked] = cursor.fetchone() or [False]
        try:
            yield locked
        finally:
            if locked:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock, job_id % 2**31])


@contextmanager
def _local_copy(job: ImportJob) -> Iterator[Path]:
    """The stored file under a plain name of our own, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="import-job-") as folder:
        path = Path(folder) / f"file{Path(job.filename).suffix[:10]}"
        with job.file.open("rb") as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        yield path


def _progress(job: ImportJob, stage: str) -> None:
    """Reading, checking, writing: a third each, as none says how long it takes."""
    job.progress, job.stage = min(job.progress + 30, 90), stage[:200]
    ImportJob.objects.filter(pk=job.pk).update(progress=job.progress, stage=job.stage)


def _keep(job: ImportJob, report: ImportReport, folder: Path) -> None:
    job.report = report.as_json()
    job.rejected = [
        {"row": row.row, "column": row.column, "reason": row.reason} for row in report.rejects[:SHOWN_REJECTS]
    ]
    if report.rejects:
        rejects = folder / "rejects.csv"
        write_rejects(report, rejects)
        with rejects.open("rb") as file:
            job.rejects.save(f"{job.pk}-rejects.csv", File(file), save=False)


def _end(job: ImportJob, status: JobStatus, error: str = "") -> None:
    job.status, job.error, job.finished_at, job.stage = status, error, timezone.now(), ""
    job.progress = 100 if status == JobStatus.DONE else job.progress
    job.save()
