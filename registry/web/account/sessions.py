"""Where a person is signed in: each session to see, and to end alone or with all others."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from registry import security


class EndForm(forms.Form):
    """One session, or all others where none is named."""

    session = forms.ModelChoiceField(UserSession.objects.none(), required=False)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = UserSession.objects.filter(user=request.user)
        self.fields["session"].queryset = self.own  # type: ignore[attr-defined]

    def save(self, request: HttpRequest) -> None:
        chosen = self.cleaned_data["session"]
        ended = [chosen] if chosen else [one for one in self.own if not one.is_current()]
        security.note("sessions_ended", request, whose=request.user.pk, ended=len(ended))
        end_sessions(request, ended)


@method_decorator(reauthentication_required(allow_get=True, app="allauth.usersessions"), name="dispatch")
class Sessions(ListUserSessionsView):
    form_class = EndForm
