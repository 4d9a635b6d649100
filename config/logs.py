"""How a log is written, and what is kept out of it."""

import logging
import re
from typing import Any

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


def logging_to_console(form: str, level: str) -> dict[str, Any]:
    """For Django's LOGGING. form: “line” for people, “json” for programs."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            # One object a line; what a call of the logger gives as `extra` is a member of its own.
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{asctime}{levelname}{name}{message}",
                "style": "{",
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "json_ensure_ascii": False,
            },
        },
        "filters": {"discreet": {"()": "config.logs.Discreet"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["discreet"]}},
        "root": {"handlers": ["console"], "level": level},
    }


def _without_rows(text: str) -> str:
    return ROWS.sub(r"\1: withheld", text)
