"""Jobs in the background: each is carried out, whatever is killed meanwhile.

Who runs a job holds an advisory lock of its session as long as it lives, so that a running job without a lock is one
whose worker has died. Work that changes nothing the second time is just begun again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import ExportJob, ImportJob, JobStatus

log = logging.getLogger(__name__)

Job = TypeVar("Job", ImportJob, ExportJob)


def carry_out(
    kind: type[Job],
    job_id: int,
    work: Callable[[Job], None],
    *,
    lock: int,
    most_attempts: int,
    refusals: tuple[type[Exception], ...],
    too_long: str,
) -> bool:
    """Runs one job of a `kind`, unless another worker does or it has ended; whether it did.

    lock: of PostgreSQL's advisory locks, beside the id of the job. A job whose workers died `most_attempts` times is
    given up. What `work` raises ends the job: the message of `refusals`, already translated, is shown as its error,
    `too_long` where it outlasts its task.
    """
    with alone(lock, job_id) as is_alone:
        job = kind.objects.unfinished().filter(pk=job_id).first() if is_alone else None
        if job is None:
            return False
        job.attempts += 1
        if job.attempts > most_attempts:
            job.end(JobStatus.FAILED, error=_("Its workers died, again and again."))
            return True
        job.status, job.started_at, job.progress = JobStatus.RUNNING, timezone.now(), 0
        job.save(update_fields=["attempts", "status", "started_at", "progress"])
        try:
            work(job)
        except refusals as refusal:
            job.end(JobStatus.FAILED, error=str(refusal))
        except SoftTimeLimitExceeded:
            log.warning("%s %s took too long", kind.__name__, job.pk)
            job.end(JobStatus.FAILED, error=too_long)
        except Exception:
            log.exception("%s %s failed", kind.__name__, job.pk)
            job.end(JobStatus.FAILED, error=_("An error of the registry's own; it has been noted."))
        else:
            job.end(JobStatus.DONE)
        return True


@contextmanager
def alone(lock: int, job_id: int = 0) -> Iterator[bool]:
    """Whether no other session has this lock on the job; held until the end."""
    key = [lock, job_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        [locked] = cursor.fetchone() or [False]
    try:
        yield locked
    finally:
        if locked:
            # Of another session where that one was lost, and the lock with it.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
