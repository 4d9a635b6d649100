"""An import taken back: what it created goes, as long as nothing uses it. What it changed stays changed."""

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from registry import capacity
from registry.asset_writing import lock_to_remove
from registry.errors import WrongState
from registry.importing.requests import locked, may_import
from registry.models import Asset, ImportJob, User

BATCH = 5_000


def created_by(job: ImportJob) -> QuerySet[Asset]:
    """The assets that the import created and that are still there. One transaction writes an import, and imports for
    one owner queue, so that owner, kind and moment name them."""
    if job.landed_at is None:
        return Asset.objects.none()
    return Asset.objects.filter(owner=job.organization_id, kind=job.options["kind"], created_at=job.landed_at)


def may_undo(job: ImportJob, actor: User) -> bool:
    """Whether `actor` can ask for it; what uses the assets is looked at only then."""
    return may_import(job.target, job.organization_id, actor) and _has_landed(job)


@transaction.atomic
def undo(job_id: int, *, actor: User) -> int:
    """Takes the assets that the import created off the registry, with their own use; returns how many.

    Raises PermissionDenied; WrongState, with nothing removed, where there is nothing to undo, or where a ledger line,
    a match, a disclosure or anything else refers to one of them.
    """
    job = locked(job_id, actor)
    if not _has_landed(job):
        raise WrongState(_("Only an import that has landed can be undone, and once."))
    created = created_by(job)
    ids = list(created.order_by("pk").values_list("pk", flat=True))
    try:
        with transaction.atomic():
            lock_to_remove(ids)
            capacity.forget(created)
            for start in range(0, len(ids), BATCH):
                Asset.objects.filter(pk__in=ids[start : start + BATCH]).delete()
    except capacity.CapacityError as error:
        raise WrongState(_("Not undone, as what it created is in use. %(reason)s") % {"reason": error}) from error
    except ProtectedError as error:
        # Not by what: of an answer to another party only that there is something is told.
        raise WrongState(_("Not undone, as what it created is in use.")) from error
    job.undone_at = timezone.now()
    job.save(update_fields=["undone_at"])
    return len(ids)


def _has_landed(job: ImportJob) -> bool:
    """And was not undone yet. Jobs of demands note no moment, as lines of a list are taken off there."""
    return job.landed_at is not None and job.undone_at is None
