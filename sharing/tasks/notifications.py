from celery import shared_task

from sharing.notifications import delivery, outbox


@shared_task(name="sharing.sweep_outbox")
def sweep_outbox() -> None:
    """Tells every event not yet told, and sends every mail that is due."""
    outbox.dispatch()
    delivery.deliver()
