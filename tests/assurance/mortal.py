"""A sender of notifications that dies where it is told to: at its Nth statement, commit, mail or call, before or after
it. A program of its own, which forks one sender for each N that it reads, and tells where that one died.

    python -m tests.assurance.mortal < numbers
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import django


class Fate:
    """Counts what a sender does to the world. `unmarked`: a mail or a call has arrived, and no row says so yet."""

    def __init__(self, last: int) -> None:
        self.left, self.unmarked = last, False

    def meet(self, where: str) -> None:
        self.left -= 1
        if self.left == 0:
            os.write(1, f"{'unmarked' if self.unmarked else 'clean'} {where}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def fated(last: int) -> Iterator[None]:
    """Within, the `last` thing that is done is the last."""
    # Only now is Django ready for what has models.
    from django.core.mail import EmailMessage  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: PLC0415

    from sharing.notifications.webhooks.calling import Caller  # noqa: PLC0415

    fate = Fate(last)

    def arriving(send: Callable[..., Any], name: str) -> Callable[..., Any]:
        def sent(*args: Any, **kwargs: Any) -> Any:
            fate.meet(f"before the {name}")
            result = send(*args, **kwargs)
            fate.unmarked = True
            fate.meet(f"after the {name}")
            return result

        return sent

    def execute(run: Callable[..., Any], statement: str, *rest: Any) -> Any:
        words = " ".join(statement.replace('"', "").split()[:3])
        fate.meet(f"before {words}")
        result = run(statement, *rest)
        # A mail is marked by one statement in no transaction, a call by the commit of several.
        fate.unmarked = fate.unmarked and (connection.in_atomic_block or not words.startswith("UPDATE"))
        return result

    def commit(self: BaseDatabaseWrapper) -> None:
        fate.meet("before a commit")
        committed(self)
        fate.unmarked = False
        fate.meet("after a commit")

    committed = BaseDatabaseWrapper._commit
    with (
        mock.patch.object(EmailMessage, "send", arriving(EmailMessage.send, "mail")),
        mock.patch.object(Caller, "post", arriving(Caller.post, "call")),
        mock.patch.object(BaseDatabaseWrapper, "_commit", commit),
        connection.execute_wrapper(execute),
    ):
        yield


def main() -> None:
    """For each number of the input a line: where the sender died, or that it had nothing left to do. Even numbers call
    before they mail, so that neither way hides the other. 0: this process sends what is due, so that those it forks
    find all loaded that sending takes."""
    django.setup()
    from django.db import connections  # noqa: PLC0415

    from sharing.notifications import delivery, outbox  # noqa: PLC0415
    from sharing.notifications.webhooks import sending  # noqa: PLC0415

    def send(*, calls_first: bool) -> None:
        outbox.dispatch()
        for deliver in (sending.deliver, delivery.deliver) if calls_first else (delivery.deliver, sending.deliver):
            deliver()

    for line in sys.stdin:
        if line == "0\n":
            send(calls_first=True)
            connections.close_all()
            os.write(1, b"warm\n")
        elif pid := os.fork():
            _pid, status = os.waitpid(pid, 0)
            if not os.WIFSIGNALED(status):
                os.write(1, b"clean at the end\n" if status == 0 else b"failed\n")
        else:
            with fated(int(line)):
                send(calls_first=int(line) % 2 == 0)
            os._exit(0)


if __name__ == "__main__":
    main()
