"""What a person asks of a file that was taken in: to try it again otherwise, to let it land. Jobs carry it out.

As who sends a file may: files of assets are for managers of the owner, files of demands for editors of the party.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.errors import WrongState
from registry.importing.queueing import TASKS, crowd
from registry.models import ImportJob, ImportTarget, JobStatus, Role, User
from registry.nudge import nudge_on_commit

ROLES = {ImportTarget.ASSETS: Role.MANAGER, ImportTarget.DEMANDS: Role.EDITOR}
REFUSALS = {
    ImportTarget.ASSETS: gettext_lazy("Imports are for managers of the owner, since a file may state prices too."),
    ImportTarget.DEMANDS: gettext_lazy("Imports of demands are for editors of the party."),
}


def try_again(job_id: int, options: Mapping[str, Any], *, actor: User) -> ImportJob:
    """Reads the file of a trial anew, as `options` say. Raises PermissionDenied, WrongState."""
    return _requeue(job_id, dict(options) | {"dry_run": True}, actor)


def land(job_id: int, *, actor: User) -> ImportJob:
    """Writes what the last trial of the file showed. Raises PermissionDenied, WrongState."""
    return _requeue(job_id, {"dry_run": False}, actor)


@transaction.atomic
def _requeue(job_id: int, options: Mapping[str, Any], actor: User) -> ImportJob:
    job = locked(job_id, actor)
    obstacle = _obstacle(job, dry_run=options["dry_run"]) or crowd(job.organization_id)
    if obstacle:
        raise WrongState(obstacle)
    if rejects := job.rejects.name:
        transaction.on_commit(partial(job.rejects.storage.delete, rejects), robust=True)
    job.options = job.options | options
    job.status, job.progress, job.attempts, job.error = JobStatus.QUEUED, 0, 0, ""
    job.report, job.rejected, job.rejects, job.finished_at = {}, [], "", None
    job.save()
    nudge_on_commit(TASKS[job.target])
    return job


def open_requests(job: ImportJob, actor: User) -> list[str]:
    """`try` and `land`, as far as they are open to `actor`."""
    if not may_import(job.target, job.organization_id, actor):
        return []
    return [name for name, dry_run in (("try", True), ("land", False)) if not _obstacle(job, dry_run=dry_run)]


def _obstacle(job: ImportJob, *, dry_run: bool) -> str:
    """Why the file is not tried again, or does not land; empty where it may."""
    if job.status not in (JobStatus.DONE, JobStatus.FAILED) or not job.options.get("dry_run"):
        return _("Only a trial that has ended can be repeated or carried out.")
    if not job.file:
        return _("The file was removed as it is old: send it again.")
    if not dry_run and job.status != JobStatus.DONE:
        return _("The file cannot be read as it is: correct how it is read, and check it again.")
    return ""


def locked(job_id: int, actor: User) -> ImportJob:
    """The job, for who may send such a file, until the transaction ends. Raises PermissionDenied."""
    job = ImportJob.objects.select_for_update(of=("self",)).select_related("organization").get(pk=job_id)
    if not may_import(job.target, job.organization_id, actor):
        raise PermissionDenied(str(REFUSALS[ImportTarget(job.target)]))
    return job


def may_import(target: str, organization_id: int, actor: User) -> bool:
    """Whether `actor` may send a file of `target` for an organization, and say what becomes of it."""
    return organization_id in actor.organizations_as(ROLES[ImportTarget(target)])
