"""Exports in the background, each carried out whatever is killed meanwhile (registry.jobs)."""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connections
from django.utils.translation import gettext as _

from registry import jobs, replicas
from registry.exports.formats import FORMATS, Counted
from registry.exports.table import ExportRefused
from registry.models import Export, ExportJob, User
from registry.models.looking import Look, looking
from registry.models.sight import Way

JOB_LOCK = 2026_167
MOST_ATTEMPTS = 3
SECONDS_BETWEEN_NOTES = 1.0

Make = Callable[[ExportJob, Path, Callable[[int], Counted]], None]
"""Writes a job's list to a path. It says how many rows there are, and is told whom to tell of those written.
Raises ExportRefused."""


def carry_out_next(make: Make) -> bool:
    """Runs the first job that is queued or whose worker has died, and no more, since the time of a task is limited;
    whether there was one."""

    def work(job: ExportJob) -> None:
        job.rights = rights_of(job.requested_by)
        job.filename = f"{job.resource}.{FORMATS[job.format].suffix}"
        with tempfile.TemporaryDirectory(prefix="export-job-") as folder:
            path = Path(folder) / job.filename
            with looking(Look(Way.FILE, token=job.token_id, at_once=True)):
                replicas.lagging(
                    lambda: make(job, path, lambda rows: _noting(job, rows)),
                    # Ordered after all that its requester had written.
                    has=ExportJob.objects.filter(pk=job.pk).exists,
                )
            with path.open("rb") as file:
                job.file.save(f"{job.pk}-{job.filename}", File(file), save=False)
        Export.objects.create(
            person=job.requested_by, token=job.token, address=f"/api/v1/{job.resource}/", filename=job.filename,
            parameters=job.parameters, rows=job.rows,
        )  # fmt: skip

    ids = ExportJob.objects.unfinished().order_by("pk").values_list("pk", flat=True)
    too_long = _("This list takes longer than one export may. Narrow it, and order each part by itself.")
    return any(
        jobs.carry_out(
            ExportJob, job_id, work,
            lock=JOB_LOCK, most_attempts=MOST_ATTEMPTS, refusals=(ExportRefused,), too_long=too_long,
        )
        for job_id in ids
    )  # fmt: skip


def rights_of(user: User) -> list[Any]:
    """All that the user's sight depends on, and so what a file may be handed out by; as JSON keeps it."""
    rights: list[Any] = json.loads(json.dumps([sorted(user.roles.items()), user.entitlement]))
    return rights


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
