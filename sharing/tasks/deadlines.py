from celery import shared_task

from sharing.workflow import deadlines


@shared_task(name="sharing.keep_deadlines")
def keep_deadlines() -> None:
    """Reminds before deadlines, escalates after them, and lets what stays unanswered expire."""
    deadlines.remind()
    deadlines.escalate()
    deadlines.expire()


@shared_task(name="sharing.turn_the_day")
def turn_the_day() -> None:
    """Brings into force what begins today, ends what is over, announces what ends soon, and frees what is held
    for nobody."""
    deadlines.activate()
    deadlines.end()
    deadlines.announce_ends()
    deadlines.release_lapsed()
