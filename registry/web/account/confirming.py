"""Which factors a session has shown, and when. Before what signs a person in is changed, all are shown again."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest

from registry.accounts import second_factor
from registry.models import User

HOLDS_S = 300
"""For so long what was shown counts, at a sign-in too."""

PASSWORD, SECOND = "password", "mfa"
"""As django-allauth calls the factors where it notes them in the session."""


def wanting(request: HttpRequest, user: User) -> list[str]:
    """The factors of this person that were not shown in the last minutes."""
    notes = [note for note in get_authentication_records(request, user) if time.time() - note["at"] < HOLDS_S]
    shown = {note["method"] for note in notes}
    if any(note.get("passwordless") for note in notes):
        # A passkey that signed in without a password has itself verified its person.
        shown.add(PASSWORD)
    asked = [PASSWORD] if user.has_usable_password() else []
    if second_factor.is_set_up(user):
        asked.append(SECOND)
    return [factor for factor in asked if factor not in shown]


def is_proven(request: HttpRequest, user: User) -> bool:
    """Whether this session has shown a second factor: at sign-in, asked for it later, or by setting one up."""
    return any(note["method"] == SECOND for note in get_authentication_records(request, user))


def was_set_up(request: HttpRequest, authenticator: Any) -> None:
    """A factor that was just set up was shown thereby."""
    record_authentication(request, request.user, SECOND, id=authenticator.pk, type=authenticator.type)


def factor_of(way: dict[str, Any]) -> str:
    """Of a way to confirm, as django-allauth describes it."""
    return PASSWORD if way["id"] == "reauthenticate" else SECOND
