from celery import shared_task

from registry.importing import jobs, queueing
from registry.models import ImportTarget
from registry.nudge import nudge
from sharing.importing import demand_jobs


@shared_task(name=queueing.TASKS[ImportTarget.DEMANDS])
def import_demands() -> None:
    """Carries out the first import of demands that waits, or whose worker has died, and asks for the next."""
    if jobs.carry_out_next(ImportTarget.DEMANDS, demand_jobs.run):
        nudge(queueing.TASKS[ImportTarget.DEMANDS])
