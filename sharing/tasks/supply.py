from celery import shared_task

from sharing.workflow import supply


@shared_task(name="sharing.sweep_supply")
def sweep_supply() -> None:
    """Looks at what has come free or was listed, and tells the parties whose unmet demands it would meet."""
    supply.look()
    supply.tell()
