from celery import shared_task

from sharing.monitoring import reports


@shared_task(name="sharing.make_reports")
def make_reports() -> None:
    """Makes the reports of last month that are not there yet."""
    reports.make_due()
