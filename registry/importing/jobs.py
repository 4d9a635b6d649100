"""Imports in the background. An import lands in one transaction with its report, so one whose worker has died is run
again (registry.jobs) unless it has a report: then it only remains to be ended."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import jobs, security
from registry.importing.report import ImportReport, write_rejects
from registry.importing.table import UnreadableFile
from registry.models import ImportJob
from registry.models.acting import acting_alone

JOB_LOCK = 2026_166
MOST_ATTEMPTS = 5
SHOWN_REJECTS = 100

Run = Callable[[ImportJob, Path, Callable[[str], None], Callable[[ImportReport], None]], None]
"""Carries out a job on a file; says what begins, and what came of it in the transaction that the file lands in."""


class Refused(Exception):
    """The import as a whole cannot be; the message, already translated, says why."""


def carry_out_next(target: str, run: Run) -> bool:
    """Runs the first job of `target` that is queued or whose worker has died, and no more, since the time of a task is
    limited; whether there was one."""

    def work(job: ImportJob) -> None:
        if job.report:
            return
        with _local_copy(job) as path, acting_alone(job.created_by_id):
            try:
                run(job, path, partial(_progress, job), partial(_keep, job, path.parent))
            except UnreadableFile:
                security.note("file_refused", person=job.created_by_id, job=job.pk)
                raise

    ids = ImportJob.objects.unfinished().filter(target=target).order_by("pk").values_list("pk", flat=True)
    too_long = _("This file takes longer than one import may. Divide it, and send each part by itself.")
    return any(
        jobs.carry_out(
            ImportJob, job_id, work,
            lock=JOB_LOCK, most_attempts=MOST_ATTEMPTS, refusals=(UnreadableFile, Refused), too_long=too_long,
        )
        for job_id in ids
    )  # fmt: skip


def forget_files() -> int:
    """Removes what people sent, and the rows of it that are shown, IMPORT_KEPT_DAYS after its import ended; how many.
    The report stays."""
    over = timezone.now() - timedelta(days=settings.IMPORT_KEPT_DAYS)
    jobs_over = list(ImportJob.objects.exclude(file="").filter(finished_at__lt=over))
    for job in jobs_over:
        job.file.delete(save=False)
        if job.rejects:
            job.rejects.delete(save=False)
        job.rejected, job.preview = [], {}
        job.save(update_fields=["file", "rejects", "rejected", "preview"])
    return len(jobs_over)


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


def _keep(job: ImportJob, folder: Path, report: ImportReport) -> None:
    job.report = report.as_json()
    job.landed_at = report.landed_at
    job.rejected = [
        {"row": row.row, "column": row.column, "reason": row.reason} for row in report.rejects[:SHOWN_REJECTS]
    ]
    if report.rejects:
        rejects = folder / "rejects.csv"
        write_rejects(report, rejects)
        with rejects.open("rb") as file:
            job.rejects.save(f"{job.pk}-rejects.csv", File(file), save=False)
    job.save(update_fields=["report", "landed_at", "rejected", "rejects", "demand_list_id"])
