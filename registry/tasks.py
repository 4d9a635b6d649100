from celery import shared_task

from registry import capacity, stray_files
from registry.accounts import sessions
from registry.api import export_job
from registry.exports import jobs as export_jobs
from registry.importing import asset_jobs, jobs, queueing
from registry.models import IdempotentCall, ImportTarget
from registry.nudge import nudge
from registry.tiles import folding


@shared_task(name="registry.refresh_free_units")
def refresh_free_units() -> None:
    """Brings the free units of assets, kept for filters and maps, to the day that has begun."""
    capacity.refresh_free_units()


@shared_task(name=queueing.TASKS[ImportTarget.ASSETS])
def import_assets() -> None:
    """Carries out the first import of assets that waits, or whose worker has died, and asks for the next."""
    if jobs.carry_out_next(ImportTarget.ASSETS, asset_jobs.run):
        nudge(queueing.TASKS[ImportTarget.ASSETS])


@shared_task(name="registry.make_exports")
def make_exports() -> None:
    """Carries out the first export that waits, or whose worker has died, and asks for the next."""
    if export_jobs.carry_out_next(export_job.make):
        nudge(export_job.MAKE_EXPORTS)


@shared_task(name="registry.forget_exports")
def forget_exports() -> None:
    """Removes files that have expired."""
    export_jobs.forget_expired()


@shared_task(name="registry.forget_old_calls")
def forget_old_calls() -> None:
    """Removes the answers that were kept for a day."""
    IdempotentCall.objects.forgotten().delete()


@shared_task(name="registry.forget_sessions")
def forget_sessions() -> None:
    """Removes the sessions that are over, and wrong sign-ins that are old."""
    sessions.forget()


@shared_task(name="registry.forget_imports")
def forget_imports() -> None:
    """Removes files that people sent long ago, and those that no row names."""
    jobs.forget_files()
    stray_files.forget()


@shared_task(name="registry.fold_tiles")
def fold_tiles() -> None:
    """Brings the clusters of the map up to what has changed."""
    folding.fold_all()
