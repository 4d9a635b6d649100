from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Celery's beat, which does not stand still where the clock is set back: it waits for the moment at which a task
    was due by the clock as it was, an hour for a clock that was an hour fast."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        for entry in self.schedule.values():
            now = entry.default_now()
            if entry.last_run_at and entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None  # made anew of the entries, in the order in which they are due now
        return super().tick(*args, **kwargs)
