"""“Confirm that it is you”: a page a factor."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.views import ReauthenticateView
from allauth.account.views._reauthenticate import BaseReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.http import HttpResponse, HttpResponseRedirect

from registry import security
from registry.accounts import sessions
from registry.web.account.confirming import wanting


class _Step(BaseReauthenticateView):
    """One factor was shown: on to the next, else back to what asked. The session has another key from here on."""

    def form_valid(self, form: Any) -> HttpResponse:
        request: Any = self.request
        sessions.renew(request)
        security.note("confirmed", request, person=request.user.pk, by=self.reauthentication_method)
        # A form that was sent waits in the session until all is there; a page asks again of itself.
        if STATE_SESSION_KEY in request.session and wanting(request, request.user):
            following = get_adapter().get_reauthentication_methods(request.user)[0]
            return HttpResponseRedirect(self.passthrough_next_url(following["url"]))
        response: HttpResponse = super().form_valid(form)
        return response


class ByPassword(ReauthenticateView, _Step):
    def form_invalid(self, form: Any) -> HttpResponse:
        security.note("confirmation_refused", self.request, person=self.request.user.pk)
        response: HttpResponse = super().form_invalid(form)
        return response


class ByCode(ReauthenticateByCodeView, _Step):
    pass


class ByPasskey(ReauthenticateWebAuthnView, _Step):
    pass
