"""Who may open pages: those who take part. Everyone else is sent to sign in, or told whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from registry.models import User
from registry.whence import page_of

P = ParamSpec("P")
FOR_PROGRAMS = ("/api/", "/ogc/")
"""Where addresses begin that programs call; all else is for people."""

NO_PARTY = _("Your account belongs to no organization yet: ask a manager of yours to invite you.")


class MemberRequest(HttpRequest):
    """A request of a person, for most pages one who takes part. htmx: whether and how htmx sent it."""

    user: User
    htmx: HtmxDetails


def signed_in(
    page: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Closes a page to all but persons, of whatever organization or none: their own account, say."""

    @wraps(page)
    def closed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _to_sign_in(request)
        return page(cast(MemberRequest, request), *args, **kwargs)

    return closed


def members(
    page: Callable[Concatenate[MemberRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Closes a page to everyone but the members of some organization.

    Raises PermissionDenied for whoever is signed in and belongs to none.
    """

    @signed_in
    @wraps(page)
    def closed(request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.takes_part:
            raise PermissionDenied(NO_PARTY)
        return page(request, *args, **kwargs)

    return closed


def signed_out_in_place(request: HttpRequest, sign_in: str) -> HttpResponse:
    """Answers what is checked while somebody types, who would lose it with their page. sign_in: where they go to in
    another tab."""
    return render(request, "web/signed_out.html", {"sign_in": sign_in})


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """A part of a page that is asked for after the session ended must not be a sign-in form inside that page."""
    if not cast(MemberRequest, request).htmx:
        return redirect_to_login(page_of(request))
    if request.method == "POST":
        return signed_out_in_place(request, redirect_to_login("/").url)
    whole_page = cast(MemberRequest, request).htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(whole_page).url)
