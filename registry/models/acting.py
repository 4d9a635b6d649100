"""Who acts, told to the triggers that note changes (Change): as the setting `registry.actor` of the transaction."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection

Who = Callable[[], int | None]
"""Gives the id of the person; asked when something is written, as a request learns late who calls."""

# But for when somebody was last there, which is written all the time.
WATCHED = re.compile(
    r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(?:registry_'
    r"(?:asset|tower|duct|fiber|equipmentroom|organization|membership|plannedfacility|placegrant|user|apitoken)"
    r"|sharing_webhookendpoint)\b"
    r'(?!"?\s+SET\s+"?(?:last_login|last_used_at|next_call_at)\b)',
    re.IGNORECASE,
)
_program: ContextVar[int | None] = ContextVar("program", default=None)


@contextmanager
def acting(who: Who) -> Iterator[None]:
    """What is written inside is written by this person. That costs no trip of its own: the setting goes with the
    statement."""
    program = _program.set(None)

    def told(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if many or not isinstance(sql, str) or not WATCHED.search(sql):
            return execute(sql, params, many, context)
        actor = int(_program.get() or who() or 0)
        setting = f"SELECT set_config('registry.actor', '{actor or ''}', true)"
        result = execute(f"{setting}; {sql}", params, many, context)
        # What the caller reads is the answer to its own statement.
        context["cursor"].nextset()
        return result

    try:
        with connection.execute_wrapper(told):
            yield
    finally:
        _program.reset(program)


def by_program_of(user: int) -> None:
    """The rest of the request is that of a program which acts as this person."""
    _program.set(user)


@contextmanager
def acting_alone(user: int) -> Iterator[None]:
    """The same for work in the background, whose statements are not only Django's: for the whole connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('registry.actor', %s, false)", [str(user)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('registry.actor', '', false)")
