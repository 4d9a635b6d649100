"""Recovery codes on pages: made, shown in that one answer, and taken where a code of an app is asked for."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from registry import security
from registry.accounts import recovery_codes, second_factor
from registry.web.access import MemberRequest, signed_in


class _Taken:
    """A form for a code, which may be one of these."""

    user: Any
    cleaned_data: dict[str, Any]
    authenticator: Any

    def clean_code(self) -> str:
        code = normalize_user_code(self.cleaned_data["code"])
        if len(code) != recovery_codes.LENGTH:
            typed: str = super().clean_code()  # type: ignore[misc]
            return typed
        forget_tries = check_rate_limit(self.user)
        row = recovery_codes.use(self.user, code)
        if row is None:
            security.note("code_refused", person=self.user.pk, by="recovery_codes")
            raise get_factor_adapter().validation_error("incorrect_code")
        forget_tries()
        row.user = self.user
        self.authenticator = row
        return str(code)


class Show(_Taken, AuthenticateForm):
    """At the sign-in."""


class ShowAgain(_Taken, ReauthenticateForm):
    """At a confirmation."""


@never_cache
@signed_in
def codes(request: MemberRequest) -> HttpResponse:
    """New ones in the place of those that there are, for who has a second factor and has just shown it."""
    if get_adapter().is_reauthentication_required(app="allauth.mfa"):
        raise ReauthenticationRequired
    if not second_factor.is_set_up(request.user):
        return HttpResponseRedirect(reverse("mfa_index"))
    if request.method != "POST":
        context = {"left": recovery_codes.left(request.user)}
        return render(request, "mfa/recovery_codes/generate.html", context)
    answer = shown(request)
    get_adapter().send_notification_mail("mfa/email/recovery_codes_generated", request.user)
    return answer


def shown(request: HttpRequest) -> HttpResponse:
    """The only page on which they ever stand."""
    user: Any = request.user
    made = recovery_codes.make(user)
    security.note("codes_made", request, person=user.pk)
    return render(request, "mfa/recovery_codes/index.html", {"codes": made})
