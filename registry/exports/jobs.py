"""Exports in the background, each carried out whatever is killed meanwhile, as imports are (importing.jobs)."""

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.exports.formats import FORMATS, Counted
from registry.exports.table import ExportRefused
from registry.importing.jobs import alone
from registry.models import ExportJob, JobStatus, Membership, User

log = logging.getLogger(__name__)
# Of PostgreSQL's advisory locks, beside the id of the job.
JOB_LOCK = 2026_167
MOST_ATTEMPTS = 3
SECONDS_BETWEEN_NOTES = 1.0

Make = Callable[[ExportJob, Path, Callable[[int], Counted]], None]
"""Writes a job's list to a path. It says how many rows there are, and is told whom to tell of those written.
Raises ExportRefused."""


def carry_out_next(make: Make) -> bool:
    """Runs the first job that is queued or whose worker has died, and no more, since the time of a task is limited;
    whether there was one."""
    ids = ExportJob.objects.unfinished().order_by("pk").values_list("pk", flat=True)
    return any(carry_out(job_id, make) for job_id in ids)


def carry_out(job_id: int, make: Make) -> bool:
    """Runs one job, unless another worker does; whether it did."""
    with alone(JOB_LOCK, job_id) as is_alone:
        job = ExportJob.objects.unfinished().filter(pk=job_id).first() if is_alone else None
        if job is None:
            return False
        job.attempts += 1
        if job.attempts > MOST_ATTEMPTS:
            _end(job, JobStatus.FAILED, error=_("Its workers died, again and again."))
            return True
        job.status, job.started_at, job.progress = JobStatus.RUNNING, timezone.now(), 0
        job.rights = rights_of(job.requested_by)
        job.save()
        try:
            with tempfile.TemporaryDirectory(prefix="export-job-") as folder:
                format = FORMATS[job.format]
                job.filename = f"{job.resource}.{format.suffix}"
                path = Path(folder) / job.filename
                make(job, path, lambda rows: _noting(job, rows))
                with path.open("rb") as file:
                    job.file.save(f"{job.pk}-{job.filename}", File(file), save=False)
        except ExportRefused as refused:
            _end(job, JobStatus.FAILED, error=str(refused))
        except Exception:
            log.exception("Export job %s failed", job.pk)
            _end(job, JobStatus.FAILED, error=_("An error of the registry's own; it has been noted."))
        else:
            _end(job, JobStatus.DONE)
        return True


def rights_of(user: User) -> list[list[object]]:
    """What the user's sight depends on, and so what a file may be handed out by."""
    memberships = Membership.objects.filter(user=user).order_by("organization_id")
    return [[organization, role] for organization, role in memberships.values_list("organization_id", "role")]


def forget_expired() -> int:
    """Removes expired jobs with their files; how many."""
    expired = list(ExportJob.objects.expired())
    for job in expired:
        job.file.delete(save=False)
        job.delete()
    return len(expired)


def _noting(job: ExportJob, rows: int) -> Counted:
    """Notes the progress, once a second, on a connection of its own: the job's is busy sending the rows."""
    job.rows = rows
    written, noted = 0, time.monotonic()

    def counted(more: int) -> None:
        nonlocal written, noted
        written += more
        if rows and time.monotonic() - noted >= SECONDS_BETWEEN_NOTES:
            noted = time.monotonic()
            with closing(connections.create_connection("default")) as other, other.cursor() as cursor:
                cursor.execute(
                    "UPDATE registry_exportjob SET progress = %s, rows = %s WHERE id = %s",
                    [min(99, 100 * written // rows), rows, job.pk],
                )

    return counted


def _end(job: ExportJob, status: JobStatus, error: str = "") -> None:
    job.status, job.error, job.finished_at = status, error, timezone.now()
    job.expires_at = job.finished_at + timedelta(hours=settings.EXPORT_KEPT_HOURS)
    job.progress = 100 if status == JobStatus.DONE else job.progress
    job.save()
