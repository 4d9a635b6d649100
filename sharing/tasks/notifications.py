from celery import shared_task

from registry.jobs import alone
from registry.nudge import nudge
from sharing.notifications import delivery, digest, outbox
from sharing.notifications.webhooks import forgetting, queueing, sending


@shared_task(name="sharing.sweep_outbox")
def sweep_outbox() -> None:
    """Tells every event not yet told."""
    outbox.dispatch()


@shared_task(name=delivery.SEND)
def send_mails() -> None:
    """Sends mails that are due for a while, unless another worker does, and asks for the rest."""
    with alone(delivery.LOCK) as is_alone:
        if is_alone:
            delivery.deliver()
            digest.deliver()
    if is_alone and (delivery.POST.due().exists() or digest.POST.due().exists()):
        nudge(delivery.SEND)


@shared_task(name=queueing.SEND)
def send_webhooks() -> None:
    """Makes every call of a webhook that is due, for a while, unless another worker does: those who call would be all
    there are, while mails wait."""
    with alone(sending.LOCK) as is_alone:
        if is_alone:
            sending.deliver()


@shared_task(name="sharing.forget_webhooks")
def forget_webhooks() -> None:
    """Removes from the log of deliveries what is older than it is kept."""
    forgetting.forget()


@shared_task(name="sharing.gather_digests")
def gather_digests() -> None:
    """Makes the daily mail of everyone whose hour has come."""
    if digest.gather():
        nudge(delivery.SEND)
