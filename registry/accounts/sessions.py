"""The verbs on sessions: begin, renew, end, forget."""

import time
from datetime import timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from registry.accounts.session_store import BEGAN, SessionStore
from registry.models import User

WRONG_SIGN_INS_KEPT = timedelta(days=30)


def begin(request: HttpRequest) -> None:
    """The time of the session counts from now, whatever it was before somebody signed in."""
    request.session[BEGAN] = time.time()


def renew(request: HttpRequest) -> None:
    """Gives the session another key, so that whoever had copied the old one is left with nothing; it goes on with
    all else, and ends no later."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


@transaction.atomic
def end_of(user: User) -> int:
    """Signs a person out everywhere. Tokens of programs are revoked by verbs of their own. Returns how many ended."""
    open_ones = list(UserSession.objects.select_for_update().filter(user=user))
    for session in open_ones:
        session.end()
    return len(open_ones)


def forget() -> None:
    """Removes sessions that are over with the addresses that they came from, and wrong sign-ins of a month ago."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - WRONG_SIGN_INS_KEPT).delete()


def end_all() -> int:
    """Signs everybody out, and forgets what strangers had begun. Returns how many sessions ended."""
    ended: int = Session.objects.all().delete()[0]
    UserSession.objects.all().delete()
    return ended
