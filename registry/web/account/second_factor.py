"""The second factor on pages: asked of who needs one before anything else, and the set-up of one."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from registry import security
from registry.accounts import recovery_codes, second_factor
from registry.models import User
from registry.web.access import FOR_PROGRAMS, signed_out_in_place
from registry.web.account.confirming import is_proven, was_set_up
from registry.web.account.recovery_codes import shown
from registry.whence import page_of

OPEN = (
    "account_logout", "account_reauthenticate", "language", "invitation",
    "robots", "security", "live", "ready", "work",
)  # fmt: skip


class Required:
    """Sends who needs a second factor to it, from wherever they go.

    The session remembers that it was shown, so that a page costs no query more. A call by token is not of a session,
    and was issued by someone who had a second factor.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR_REQUIRED and settings.SESSION_COOKIE_NAME in request.COOKIES:
            user = request.user
            if isinstance(user, User) and second_factor.is_required_of(user) and not is_proven(request, user):
                if request.path.startswith(FOR_PROGRAMS):  # which get no redirect, but are strangers until then
                    request.user = AnonymousUser()
                elif not _is_open(request.path_info):
                    return _to_second_factor(request, user)
        return self.get_response(request)


def notice(request: HttpRequest) -> dict[str, Any]:
    """For templates: whether this is no place for real data, as it asks for no second factor; and whether one is asked
    of this person, who has none."""

    def is_missing() -> bool:
        user = request.user
        return isinstance(user, User) and second_factor.is_required_of(user) and not second_factor.is_set_up(user)

    return {"second_factor_is_off": not settings.SECOND_FACTOR_REQUIRED, "second_factor_is_missing": is_missing}


class Factors(IndexView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        return {**super().get_context_data(**kwargs), "codes_left": recovery_codes.left(user)}


class Show(AuthenticateView):
    """The second step of a sign-in."""

    def form_invalid(self, form: Any) -> HttpResponse:
        if "credential" in form.fields:
            security.note("passkey_refused", self.request, person=self.stage.login.user.pk)
        response: HttpResponse = super().form_invalid(form)
        return response


class SignInByPasskey(LoginWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        security.note("passkey_refused", self.request)
        response: HttpResponse = super().form_invalid(form)
        return response


class SetUpApp(ActivateTOTPView):
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        was_set_up(self.request, Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP))
        return _with_codes(self.request, response)


class AddPasskey(AddWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        added = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.WEBAUTHN).latest("pk")
        was_set_up(self.request, added)
        return _with_codes(self.request, response)


class RemovePasskey(RemoveWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Raises PermissionDenied for the last second factor of somebody who needs one."""
        passkey: Authenticator = self.get_object()
        user = self.request.user
        if isinstance(user, User) and second_factor.is_required_of(user) and second_factor.is_last(passkey):
            raise PermissionDenied(_("A second factor is asked of you: set up another one first."))
        response: HttpResponse = super().form_valid(form)
        return response


def _with_codes(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With the first factor come the codes that stand in for it."""
    user: Any = request.user
    has_codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).exists()
    return response if has_codes else shown(request)


def _is_open(path: str) -> bool:
    """Whether the page is part of signing in or out, or of the second factor itself."""
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return False
    return name in OPEN or name.startswith("mfa_")


def _to_second_factor(request: HttpRequest, user: User) -> HttpResponse:
    """To show the one there is, else to set one up."""
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    if Authenticator.Type.TOTP in kinds:
        page = reverse("mfa_reauthenticate")
    elif Authenticator.Type.WEBAUTHN in kinds:
        page = reverse("mfa_reauthenticate_webauthn")
    else:
        page = reverse("mfa_index")
    htmx = getattr(request, "htmx", None)
    if htmx and request.method == "POST":
        return signed_out_in_place(request, page)
    back = (htmx.current_url_abs_path if htmx else page_of(request)) or "/"
    page = f"{page}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(page) if htmx else HttpResponseRedirect(page)
