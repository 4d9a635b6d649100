"""How a log is written, and what is kept out of it."""

import logging
import re
from typing import Any

from django.utils.functional import empty

# What PostgreSQL adds to an error: the row that it refused, exact place and all, or the line of a COPY. Values may
# have empty lines, so it ends with the next of these parts or the next error of a chain. In a repr() “n” precedes it.
ROWS = re.compile(
    r"(DETAIL|CONTEXT):\s.*?(?=\n(?:DETAIL|CONTEXT|HINT):|\n\n(?:The above exception|During handling) |\Z)", re.DOTALL
)
_plain = logging.Formatter()


class Discreet(logging.Filter):
    """Of errors of the database, leaves what was wrong and where in the code, without the values of the row."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        # Celery gives all parts of its message again, and the traceback.
        record.__dict__.pop("data", None)
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = _without_rows(message), None
        if record.exc_info:
            record.exc_text, record.exc_info = _without_rows(_plain.formatException(record.exc_info)), None
        return True


class WithWho(logging.Filter):
    """Adds to what Django tells of a request whose it was: the ids of person and token, where they are known. Nobody
    is looked up for it, as the database may be what failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        known = getattr(request, "__dict__", {})
        token, person = known.get("auth"), known.get("_cached_user") or known.get("user")
        for name, one in (("person", person), ("token", token)):
            pk = getattr(one, "pk", None) if _is_there(one) else None
            if pk is not None:
                setattr(record, name, pk)
                record.msg, record.args = f"{record.getMessage()} {name}={pk}", None
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
        "filters": {"discreet": {"()": "config.logs.Discreet"}, "who": {"()": "config.logs.WithWho"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["who", "discreet"]}},
        "root": {"handlers": ["console"], "level": level},
    }


def _is_there(one: Any) -> bool:
    """Not a person that Django would only now look up."""
    return one is not None and getattr(one, "_wrapped", one) is not empty


def _without_rows(text: str) -> str:
    return ROWS.sub(r"\1: withheld", text)
