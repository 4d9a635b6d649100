"""Keeps what a log must not hold out of it."""

import logging
import re

# What PostgreSQL adds to an error: the row that it refused, exact place and all, or the line of a COPY.
ROWS = re.compile(r"\b(DETAIL|CONTEXT):\s.*?(?=\n(?:DETAIL|CONTEXT|HINT):|\n\n|\Z)", re.DOTALL)
_plain = logging.Formatter()


class Discreet(logging.Filter):
    """Of errors of the database, leaves what was wrong and where in the code, without the values of the row."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = _without_rows(message), None
        if record.exc_info:
            record.exc_text, record.exc_info = _without_rows(_plain.formatException(record.exc_info)), None
        return True


def _without_rows(text: str) -> str:
    return ROWS.sub(r"\1: withheld", text)
