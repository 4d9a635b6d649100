from celery import shared_task

from registry import capacity


@shared_task(name="registry.refresh_free_units")
def refresh_free_units() -> None:
    """Brings the free units of assets, kept for filters and maps, to the day that has begun."""
    capacity.refresh_free_units()
