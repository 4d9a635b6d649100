"""Which messages come by mail, and when; the inbox has all of them."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from registry.models import User
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from sharing.models import EventType, MailTiming
from sharing.notifications.preferences import set_timings, timings_of

# Types of events in the order of the chain, by the first part of their codes.
GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("Demand lists"), ("list", "run")),
    (gettext_lazy("Matches"), ("match",)),
    (gettext_lazy("Consents"), ("consent",)),
    (gettext_lazy("Approvals"), ("approval",)),
    (gettext_lazy("Agreements"), ("agreement",)),
    (gettext_lazy("Co-build groups"), ("cobuild",)),
    (gettext_lazy("Monthly reports"), ("report",)),
    (gettext_lazy("Protection"), ("inventory", "review")),
    (gettext_lazy("Webhooks"), ("webhook",)),
)


class MailForm(Form):
    """For each type of event when its mail is wanted; fields are named by the type's code, with _ for the dot."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timings_of(person)
        for kind in EventType:
            self.fields[_field(kind)] = forms.ChoiceField(
                label=kind.label, choices=MailTiming.choices, initial=now[kind].value, widget=forms.RadioSelect
            )

    def groups(self) -> Iterator[tuple[str | Promise, list[forms.BoundField]]]:
        """The rows of the table under their headings."""
        for title, nouns in GROUPS:
            yield title, [self[_field(kind)] for kind in EventType if kind.value.partition(".")[0] in nouns]

    def timings(self) -> dict[EventType, MailTiming]:
        return {kind: MailTiming(self.cleaned_data[_field(kind)]) for kind in EventType}


@require_http_methods(["GET", "HEAD", "POST"])
@members
def mail_settings(request: MemberRequest) -> HttpResponse:
    """Shows and keeps what the person wants."""
    form = MailForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        set_timings(request.user, form.timings())
        messages.success(request, _("Saved. It holds for what happens from now on."))
        return HttpResponseRedirect(reverse("web:inbox-settings"))
    status = 400 if form.errors else 200
    return render(request, "web/mail_settings.html", {"form": form, "timings": MailTiming}, status=status)


def _field(kind: EventType) -> str:
    return kind.value.replace(".", "_")
