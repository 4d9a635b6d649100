from typing import Any, NoReturn

from celery.worker.consumer import Consumer as CeleryConsumer


class Consumer(CeleryConsumer):
    """Celery's worker, which does not end where Redis is lost while it has tasks in hand. kombu 5.7 would put them
    back by the connection that was lost, or acknowledge them by it, and fail at either in a way that Celery does not
    expect. They go on here; Redis gives them out again once their visibility timeout is over, and they survive that.

    Workers do not look for each other, which nothing here needs, and which fails as well where Redis is lost."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options, without_gossip=True, without_mingle=True)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        connection: Any = self.connection
        for channel in connection.transport.channels:
            channel.do_restore = False
            channel.basic_ack = channel.basic_reject = _lost
        super().on_connection_error_after_connected(exc)


def _lost(*args: Any, **kwargs: Any) -> NoReturn:
    raise ConnectionError("Redis was lost before the task ended")
