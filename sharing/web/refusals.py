"""The pages for what cannot be: no such page, not yours, a request without its token, a fault of ours."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

TOKEN = "csrfmiddlewaretoken"
SECRET = ("code", "credential")
"""What forms of the account call a second factor; their passwords they call by names with “password” in them."""


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
    """A form without the token of its session: signed out meanwhile, or sent from another site. Who signed in anew in
    another tab may send what they typed again, with the token of now."""
    title = _("This form has expired")
    if fields := _to_send_again(request):
        why = _("You signed in anew after it was shown. Nothing was done yet, and nothing that you typed is lost.")
        return _page(request, 403, title, why, fields=fields, address=request.get_full_path())
    return _page(request, 403, title, _("Go back, reload the page and send it again."))


def _to_send_again(request: HttpRequest) -> list[tuple[str, str]]:
    """What a person sent from a page of this site, which their browser vouches for and no other site can say; nothing
    where there are files, or what is to be in no page: passwords, codes and proofs of passkeys."""
    own = request.headers.get("Sec-Fetch-Site") == "same-origin" and "HX-Request" not in request.headers
    if not own or not request.user.is_authenticated or request.content_type != "application/x-www-form-urlencoded":
        return []
    if any("password" in name or name in SECRET for name in request.POST):
        return []
    return [(name, text) for name, given in request.POST.lists() if name != TOKEN for text in given]


def _page(request: HttpRequest, status: int, title: str, reason: str, **more: Any) -> HttpResponse:
    return render(request, "web/refusal.html", {"title": title, "reason": reason, **more}, status=status)
