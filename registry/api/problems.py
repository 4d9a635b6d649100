"""Every error as a problem detail (RFC 9457): `code` is stable and for programs, `detail` for people.

`errors` name each fault: a `pointer` into the body (RFC 6901), a `parameter` of the address, or a `header`.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from registry.errors import BadInput, NotYours, Refusal
from registry.refusals import SENTENCES, Sentences, constraint_of, explained

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
NON_FIELD = "non_field_errors"

Errors = list[dict[str, str]]
Words = str | Promise

# code -> (status, title). The codes of registry.errors and sharing.errors are among them.
CODES: dict[str, tuple[int, Words]] = {
    "malformed": (400, gettext_lazy("The request cannot be read")),
    "bad_input": (400, gettext_lazy("Something in the request cannot be right")),
    "not_authenticated": (401, gettext_lazy("Sign in, or send a token")),
    "not_yours": (403, gettext_lazy("Seen by you, but for others to do")),
    "scope_missing": (403, gettext_lazy("The token is not meant for this")),
    "not_seen": (404, gettext_lazy("There is no such object, or none for you to see")),
    "method_not_allowed": (405, gettext_lazy("Not possible at this address")),
    "not_acceptable": (406, gettext_lazy("Not available in this format")),
    "conflict": (409, gettext_lazy("Another object stands in the way")),
    "wrong_state": (409, gettext_lazy("Not possible in this state")),
    "units_gone": (409, gettext_lazy("Others took the units meanwhile")),
    "stale_form": (409, gettext_lazy("What is decided on has changed since it was shown")),
    "precondition_failed": (412, gettext_lazy("Changed since you read it")),
    "too_large": (413, gettext_lazy("The body is too large")),
    "unsupported_media_type": (415, gettext_lazy("This content type is not read here")),
    "key_reused": (422, gettext_lazy("The Idempotency-Key was used for another request")),
    "throttled": (429, gettext_lazy("Too many calls")),
    "internal": (500, gettext_lazy("An error of the registry's own")),
}


class Problem(exceptions.APIException):
    """An error by its code. extra: further members of the problem detail, such as the next best match."""

    def __init__(
        self,
        code: str,
        detail: Words = "",
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.code, self.errors = code, errors or []
        self.headers, self.extra = dict(headers or {}), dict(extra or {})
        self.status_code, self.title = CODES[code]
        super().__init__(str(detail or self.title), code)


def bad_parameter(name: str, detail: Words, code: str = "invalid") -> Problem:
    return Problem("bad_input", detail, errors=[{"parameter": name, "code": code, "detail": str(detail)}])


def too_costly(name: str) -> Problem:
    """The filter called `name` ran into the time limit."""
    detail = _("The filter takes too long: narrow it down, for instance by a bbox.")
    return bad_parameter(name, detail, "too_costly")


def bad_header(name: str, detail: Words, problem: str = "bad_input") -> Problem:
    return Problem(problem, detail, errors=[{"header": name, "code": "invalid", "detail": str(detail)}])


def bad_field(field: str, detail: Words, code: str = "invalid") -> Problem:
    """field: a name of the body, or empty where it is about the whole."""
    pointer = f"#/{escaped(field)}" if field else "#"
    return Problem("bad_input", detail, errors=[{"pointer": pointer, "code": code, "detail": str(detail)}])


def refused(refusal: Refusal) -> Problem:
    """A refusal of a verb, by its own code."""
    if isinstance(refusal, BadInput):
        return bad_field(refusal.field, refusal.message)
    if isinstance(refusal, NotYours) and refusal.field:
        fault = {"pointer": f"#/{escaped(refusal.field)}", "code": "role", "detail": refusal.message}
        return Problem(refusal.code, refusal.message, errors=[fault])
    return Problem(refusal.code, refusal.message)


def respond(problem: Problem, path: str) -> Response:
    """The problem as a response; `path` is where it occurred."""
    body: dict[str, Any] = {
        "type": f"urn:infrashare:problem:{problem.code}",
        "title": str(problem.title),
        "status": problem.status_code,
        "detail": str(problem.detail),
        "instance": path,
        "code": problem.code,
        **problem.extra,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return Response(body, status=problem.status_code, headers=problem.headers, content_type=MEDIA_TYPE)


def of(error: Exception, auth_header: str = "", sentences: Sentences = SENTENCES) -> Problem:
    """Any exception that a view raises, as a problem. What is unforeseen is logged, and tells nothing.

    sentences: what the database refuses, in words.
    """
    match error:
        case Problem():
            return error
        case Refusal():
            return refused(error)
        case exceptions.ValidationError():
            return _invalid(list(pointers(error.detail)))
        case DjangoValidationError():
            return _invalid(list(pointers(exceptions.ValidationError(_by_field(error)).detail)))
        case exceptions.ParseError():
            return Problem("malformed", str(error.detail))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Problem(
                "not_authenticated", str(error.detail), headers={"WWW-Authenticate": auth_header or "Bearer"}
            )
        case exceptions.PermissionDenied():
            return Problem("not_yours", str(error.detail))
        case PermissionDenied():
            return Problem("not_yours")
        case Http404() | exceptions.NotFound():
            return Problem("not_seen")
        case exceptions.MethodNotAllowed():
            return Problem("method_not_allowed", str(error.detail))
        case exceptions.NotAcceptable():
            return Problem("not_acceptable", str(error.detail))
        case exceptions.UnsupportedMediaType():
            return Problem("unsupported_media_type", str(error.detail))
        case exceptions.Throttled():
            wait = str(max(1, round(getattr(error, "wait", None) or 1)))
            return Problem("throttled", str(error.detail), headers={"Retry-After": wait})
        case ProtectedError():
            return Problem("conflict", _("Others refer to it: it stays, as long as they do."))
        case DataError():
            return Problem("bad_input", _("A value is none that the registry can hold."))
        case RequestDataTooBig():
            return Problem("too_large")
        case SuspiciousOperation():
            # More parameters, fields or files than Django reads (DATA_UPLOAD_MAX_NUMBER_FIELDS and _FILES), and more.
            return Problem("malformed")
        case IntegrityError() if constraint_of(error) in sentences:
            return _refused_by_database(error, sentences)
    log.error("A call of the API failed", exc_info=error)
    return Problem("internal")


def pointers(detail: Any, path: str = "#") -> Iterator[dict[str, str]]:
    """The leaves of a serializer's errors, each with the pointer to where it is."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from pointers(inner, path if name == NON_FIELD else f"{path}/{escaped(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from pointers(inner, path if isinstance(inner, str) else f"{path}/{index}")
    else:
        yield {"pointer": path, "code": getattr(detail, "code", None) or "invalid", "detail": str(detail)}


def escaped(name: str) -> str:
    """A name inside a JSON pointer (RFC 6901, 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _invalid(errors: Errors) -> Problem:
    first = errors[0]["detail"] if len(errors) == 1 else _("%(count)d faults; see errors.") % {"count": len(errors)}
    return Problem("bad_input", first, errors=errors)


def _by_field(error: DjangoValidationError) -> Any:
    return error.message_dict if hasattr(error, "error_dict") else {NON_FIELD: error.messages}


def _refused_by_database(error: IntegrityError, sentences: Sentences) -> Problem:
    """409 where another row is in the way, else 400; pointing at the column that the constraint is named after."""
    sentence, name = explained(error, sentences), constraint_of(error)
    unique = getattr(error.__cause__, "sqlstate", "") == "23505" or name in HELD
    return Problem(
        "conflict" if unique else "bad_input",
        sentence,
        errors=[{"pointer": "#", "code": name, "detail": sentence}],
    )


HELD = ("asset_capacity_holds_its_ledger", "asset_limits_hold_its_ledger")


@contextmanager
def at_parameters() -> Iterator[None]:
    """Faults of what was read from an address name its parameters. Raises the problem 400."""
    try:
        yield
    except exceptions.ValidationError as error:
        errors = list(pointers(error.detail))
    except BadInput as refusal:
        errors = [{"pointer": f"#/{refusal.field}", "code": "invalid", "detail": refusal.message}]
    else:
        return
    for fault in errors:
        fault["parameter"] = fault.pop("pointer").removeprefix("#/").partition("/")[0]
    raise _invalid(errors)


def documented(codes: Iterable[str]) -> dict[int, list[str]]:
    """The codes by status, for the schema."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code][0], []).append(code)
    return by_status
