"""A sender of notifications that dies where it is told to: at its Nth statement, commit, mail or call, before or after
it. A program of its own, which forks one sender for each line that it reads, and tells where that one died.

    echo "7 1" | python -m tests.assurance.mortal
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest import mock

import django


class Fate:
    """Counts what a sender does to the world; while it dies, no other thread begins a call. mails, calls: those that
    have arrived while no row says so yet. flying: calls in other threads, of which nobody here knows whether they have
    arrived."""

    def __init__(self, last: int) -> None:
        self.left, self.mails, self.calls, self.flying, self.settling = last, 0, 0, 0, False
        self.one_at_a_time = Lock()

    def meet(self, where: str) -> None:
        with self.one_at_a_time:
            self.left -= 1
            if self.left == 0:
                os.write(1, f"{self.mails + self.calls} {self.flying} {where}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def takes_off(self) -> None:
        with self.one_at_a_time:
            self.flying += 1

    def arrives(self) -> None:
        with self.one_at_a_time:
            self.flying, self.calls = self.flying - 1, self.calls + 1


@contextmanager
def fated(last: int) -> Iterator[None]:
    """Within, the `last` thing that is done is the last."""
    # Only now is Django ready for what has models.
    from django.core.mail import EmailMessage  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: PLC0415

    from sharing.notifications.webhooks import sending  # noqa: PLC0415
    from sharing.notifications.webhooks.calling import Caller  # noqa: PLC0415

    fate = Fate(last)
    send, post, settle, committed = EmailMessage.send, Caller.post, sending.settle, BaseDatabaseWrapper._commit

    def mail(*args: Any, **kwargs: Any) -> Any:
        fate.meet("before the mail")
        result = send(*args, **kwargs)
        fate.mails += 1
        fate.meet("after the mail")
        return result

    def call(*args: Any, **kwargs: Any) -> Any:
        fate.meet("before the call")
        fate.takes_off()
        result = post(*args, **kwargs)
        fate.arrives()
        fate.meet("after the call")
        return result

    def settling(*args: Any) -> Any:
        fate.settling = True
        return settle(*args)

    def execute(run: Callable[..., Any], statement: str, *rest: Any) -> Any:
        words = " ".join(statement.replace('"', "").split()[:3])
        fate.meet(f"before {words}")
        result = run(statement, *rest)
        # A mail is marked by one statement in no transaction, a call by the commit of several.
        if words.startswith("UPDATE") and not connection.in_atomic_block:
            fate.mails = 0
        return result

    def commit(self: BaseDatabaseWrapper) -> None:
        fate.meet("before a commit")
        committed(self)
        if fate.settling:
            fate.calls, fate.settling = fate.calls - 1, False
        fate.meet("after a commit")

    with (
        mock.patch.object(EmailMessage, "send", mail),
        mock.patch.object(Caller, "post", call),
        mock.patch.object(sending, "settle", settling),
        mock.patch.object(BaseDatabaseWrapper, "_commit", commit),
        connection.execute_wrapper(execute),
    ):
        yield


def main() -> None:
    """For each line of the input, a number and whether webhooks are called before mails are sent (1 or 0), a line: how
    many messages had arrived unmarked when the sender died, how many calls were under way, and where it died; or that
    it had nothing left to do. The number 0: this process sends what is due, so that those it forks find all loaded
    that sending takes."""
    django.setup()
    from django.db import connections  # noqa: PLC0415

    from sharing.notifications import delivery, outbox  # noqa: PLC0415
    from sharing.notifications.webhooks import sending  # noqa: PLC0415

    def send(*, calls_first: bool) -> None:
        outbox.dispatch()
        for deliver in (sending.deliver, delivery.deliver) if calls_first else (delivery.deliver, sending.deliver):
            deliver()

    for line in sys.stdin:
        last, calls_first = map(int, line.split())
        if not last:
            send(calls_first=True)
            connections.close_all()
            os.write(1, b"warm\n")
        elif pid := os.fork():
            _pid, status = os.waitpid(pid, 0)
            if not os.WIFSIGNALED(status):
                os.write(1, b"0 0 at the end\n" if status == 0 else b"failed\n")
        else:
            with fated(last):
                send(calls_first=bool(calls_first))
            os._exit(0)


if __name__ == "__main__":
    main()
