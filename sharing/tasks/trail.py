from celery import shared_task

from sharing import trail


@shared_task(name="sharing.extend_trail")
def extend_trail() -> None:
    """Links what happened since the last time to the trail."""
    trail.extend()
