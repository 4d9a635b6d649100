from celery import shared_task

from sharing.notifications import delivery, digest, outbox
from sharing.notifications.webhooks import forgetting, queueing, sending


@shared_task(name="sharing.sweep_outbox")
def sweep_outbox() -> None:
    """Tells every event not yet told, and sends every mail that is due."""
    outbox.dispatch()
    delivery.deliver()


@shared_task(name=queueing.SEND)
def send_webhooks() -> None:
    """Makes every call of a webhook that is due."""
    sending.deliver()


@shared_task(name="sharing.forget_webhooks")
def forget_webhooks() -> None:
    """Removes from the log of deliveries what is older than it is kept."""
    forgetting.forget()


@shared_task(name="sharing.send_digests")
def send_digests() -> None:
    """Makes the daily mail of everyone whose hour has come, and sends those that are due."""
    digest.gather()
    digest.deliver()
