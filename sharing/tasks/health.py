from celery import shared_task

from sharing import health


@shared_task(name="sharing.note_beat")
def note_beat() -> None:
    """Notes that beat and a worker are there, for /health/work/."""
    health.note_beat()
