from celery import shared_task

from registry.importing import jobs
from registry.models import ImportTarget
from sharing.importing import demand_jobs


@shared_task(name="sharing.import_demands")
def import_demands() -> None:
    """Carries out the imports of demands that wait, or whose worker has died."""
    jobs.carry_out_waiting(ImportTarget.DEMANDS, demand_jobs.run)
