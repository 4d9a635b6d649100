from celery import shared_task

from sharing import health


@shared_task(name="sharing.note_beat")
def note_beat() -> None:
    """Notes that beat is there and who tells people, for /health/work/."""
    health.note(health.BEAT_SEEN)


@shared_task(name="sharing.note_worker")
def note_worker() -> None:
    """Notes that somebody does the work that may be long."""
    health.note(health.WORKER_SEEN)
