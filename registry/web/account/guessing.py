"""What django-axes asks of us to count wrong passwords: whose they are, from where, and what to answer then. And what
is answered where tries cannot be counted."""

from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from registry import security
from registry.models import User
from registry.networks import network_of

LONGEST_NAME = 255
AGAIN_S = 60


def whose(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The user name that is meant, in small letters, however it was typed: by the mail of the person, or in capitals.
    Else each way to write it would have guesses of its own."""
    given = credentials or {}
    typed = str(given.get("username") or given.get("email") or "").strip().lower()[:LONGEST_NAME].replace("\0", "")
    if "@" in typed:
        people = User.objects.annotate(mail=Lower("email")).filter(mail=typed).values_list("username", flat=True)
        typed = min((name.lower() for name in people), default=typed)
    return typed or None


def of_name(name: str | None) -> int | None:
    """The id of the person with this user name."""
    return User.objects.filter(username__iexact=name).values_list("pk", flat=True).first() if name else None


def address(request: HttpRequest) -> str | None:
    """Behind the proxies of settings.ALLAUTH_TRUSTED_PROXY_COUNT too; of IPv6 the network."""
    found: str | None = get_client_ip(request)
    return network_of(found) if found else None


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The page in the place of a further guess."""
    security.note("locked_out", request, person=of_name(whose(request, credentials)))
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    reason = _(
        "The password was wrong %(times)d times, so no more are tried from here for %(minutes)d minutes. "
        "Wait, or choose a new password by mail now."
    ) % {"times": settings.AXES_FAILURE_LIMIT, "minutes": minutes}
    context = {"title": _("Too many wrong passwords"), "reason": reason, "reset": reverse("account_reset_password")}
    page = render(request, "web/account/locked_out.html", context, status=429)
    page.headers["Retry-After"] = str(minutes * 60)
    return page


class Counted:
    """No try is let pass that Redis cannot count, or codes could be guessed as soon as it is away. Whoever is signed
    in goes on: nothing else asks it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RedisError):
            return None
        reason = _(
            "A part of the registry that counts tries is away, and without it nobody can sign in or choose a "
            "password. Try again in a few minutes. Whoever is signed in can go on working."
        )
        page = render(request, "web/refusal.html", {"title": _("Not for the moment"), "reason": reason}, status=503)
        page.headers["Retry-After"] = str(AGAIN_S)
        return page
