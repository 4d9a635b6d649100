from celery import shared_task

from sharing.workflow import regrouping


@shared_task(name="sharing.regroup")
def regroup() -> None:
    """Groups the unmet demands of all parties anew; one that waits already stands for all that came after it."""
    regrouping.regroup(wait=False)
