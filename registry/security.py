"""What the log tells of ways in, and of what was refused there: an event a line, with the ids of person and token and
the address it came from; never a name, a password, a code or a secret. docs/security.md says what each event is."""

import logging
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

log = logging.getLogger("infrashare.security")

DONE = frozenset({
    "account_made", "address_changed", "authenticator_added", "authenticator_removed", "codes_made", "confirmed",
    "password_changed", "reset_asked", "second_factor_removed", "second_factor_shown", "sessions_ended",
    "signed_in", "signed_out", "token_issued", "token_revoked",
})  # fmt: skip
REFUSED = frozenset({
    "address_in_clear", "code_refused", "confirmation_refused", "file_refused", "locked_out", "passkey_refused",
    "password_refused", "token_refused", "webhook_address_refused",
})  # fmt: skip


def note(event: str, request: HttpRequest | None = None, **facts: Any) -> None:
    """Refusals are warnings, so that they can be counted apart. facts: ids and kinds alone."""
    if event not in DONE | REFUSED:
        raise ValueError(f"{event} is no event of security")
    if request is not None:
        facts["address"] = _address_of(request)
    told = {key: value for key, value in facts.items() if value is not None}
    words = " ".join([event, *(f"{key}={value}" for key, value in told.items())])
    level = logging.WARNING if event in REFUSED else logging.INFO
    log.log(level, words, extra={"event": event, **told})


def _address_of(request: HttpRequest) -> str | None:
    """None where fewer proxies wrote to X-Forwarded-For than TRUSTED_PROXIES says, which is for others to refuse."""
    try:
        found: str | None = get_client_ip(request)
    except ImproperlyConfigured:
        return None
    return found
