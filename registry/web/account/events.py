"""What the libraries of signing in tell of it, as security events for the log.

Their signals are the one place that every way through them passes; the house has none of its own."""

from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from registry import security
from registry.models import User
from registry.web.account.guessing import of_name, whose


def signed_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    shown = sorted({_kind(record) for record in get_authentication_records(request, user)})
    security.note("signed_in", request, person=user.pk, by=",".join(shown))


def signed_out(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    security.note("signed_out", request, person=user.pk if user else None)


def password_refused(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Of whom, where somebody is meant; what was typed in the place of a name may be a password."""
    security.note("password_refused", request, person=of_name(whose(request, credentials)) if request else None)


def second_factor_shown(*, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    security.note("second_factor_shown", request, person=user.pk, by=authenticator.type)


def code_refused(*, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    security.note("code_refused", request, person=user.pk, by=authenticator.type)


def authenticator_added(*, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    security.note("authenticator_added", request, person=user.pk, kind=authenticator.type)


def authenticator_removed(*, request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    security.note("authenticator_removed", request, person=user.pk, kind=authenticator.type)


def codes_made(*, request: HttpRequest, user: User, **_: Any) -> None:
    security.note("codes_made", request, person=user.pk)


def password_changed(*, request: HttpRequest, user: User, **_: Any) -> None:
    security.note("password_changed", request, person=user.pk)


def address_changed(*, request: HttpRequest, user: User, **_: Any) -> None:
    security.note("address_changed", request, person=user.pk)


HEARD = (
    (account.user_logged_in, signed_in),
    (auth.user_logged_out, signed_out),
    (auth.user_login_failed, password_refused),
    (mfa.authenticator_used, second_factor_shown),
    (mfa.authentication_failed, code_refused),
    (mfa.authenticator_added, authenticator_added),
    (mfa.authenticator_removed, authenticator_removed),
    (mfa.authenticator_reset, codes_made),
    (account.password_changed, password_changed),
    (account.password_reset, password_changed),
    (account.password_set, password_changed),
    (account.email_changed, address_changed),
)


def listen() -> None:
    for signal, heard in HEARD:
        signal.connect(heard, dispatch_uid=f"{__name__}.{heard.__name__}")


def _kind(record: dict[str, Any]) -> str:
    """“password”, or the kind of second factor; “passkey” where it stood for both."""
    if record.get("passwordless"):
        return "passkey"
    return str(record.get("type") or record["method"])
