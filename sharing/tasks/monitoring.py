from celery import shared_task

from sharing.monitoring import inventory, kept, reports


@shared_task(name="sharing.make_reports")
def make_reports() -> None:
    """Makes the reports of last month that are not there yet."""
    reports.make_due()


@shared_task(name="sharing.check_inventories")
def check_inventories() -> None:
    """Tells of classes of protected assets that have changed by much, and of levels that are to be reviewed."""
    inventory.check_all()


@shared_task(name="sharing.reckon_figures")
def reckon_figures() -> None:
    """Reckons the figures that regulators open first."""
    kept.reckon_ahead()
