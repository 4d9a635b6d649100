"""Who may open pages: those who take part. Everyone else is sent to sign in, or told whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from registry.models import User

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request of somebody who takes part. htmx: whether and how htmx sent it."""

    user: User
    htmx: HtmxDetails


def members(
    page: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Closes a page to everyone but the members of some organization.

    Raises PermissionDenied for whoever is signed in and belongs to none.
    """

    @wraps(page)
    def closed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return _to_sign_in(request)
        if not user.takes_part:
            raise PermissionDenied(
                _("Your account belongs to no organization yet: ask a manager of yours to add you as a member.")
            )
        return page(cast(MemberRequest, request), *args, **kwargs)

    return closed


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """A part of a page that is asked for after the session ended must not be a sign-in form inside that page."""
    if not cast(MemberRequest, request).htmx:
        return redirect_to_login(request.get_full_path())
    whole_page = cast(MemberRequest, request).htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(whole_page).url)
