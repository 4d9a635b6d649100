"""The pages for what cannot be: no such page, not yours, a request without its token, a fault of ours."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("This request cannot be read"), _("Go back, reload the page and try again."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = str(exception) or _("This is for others to do. Ask a manager of your organization.")
    return _page(request, 403, _("Not yours to do"), reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _("There is nothing here"), _("It does not exist, or is not for you to see."))


def too_many(request: HttpRequest) -> HttpResponse:
    return _page(request, 429, _("Too many tries"), _("Wait a few minutes and try again."))


def without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of its session: signed out meanwhile, or sent from another site."""
    return _page(request, 403, _("This form has expired"), _("Go back, reload the page and send it again."))


def _page(request: HttpRequest, status: int, title: str, reason: str) -> HttpResponse:
    return render(request, "web/refusal.html", {"title": title, "reason": reason}, status=status)
