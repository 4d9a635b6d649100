"""Verbs on the pages: their forms, and the one way in which an address carries a verb out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from registry.web.access import MemberRequest
from registry.web.forms import DayInput, Form
from sharing.errors import BadInput, Refusal
from sharing.models import Agreement, CobuildGroup, Consent, DemandList, Match, RefusalReason, RejectionReason
from sharing.shown.buttons import Button, Offer, WithFingerprint, offered
from sharing.shown.refusals import answer
from sharing.workflow.rules import Standing, Subject

# The addresses that carry verbs out, by id and slug of the verb.
ROUTES: dict[type[Subject], str] = {
    DemandList: "web:demand-list-do",
    Match: "web:match-do",
    Consent: "web:consent-do",
    Agreement: "web:agreement-do",
    CobuildGroup: "web:cobuild-group-do",
}
CHOOSE = ("", gettext_lazy("Choose a reason"))


def reason_field(reasons: Sequence[tuple[str, Any]], missing: Any) -> forms.ChoiceField:
    """A coded reason. missing: what is said where none is chosen."""
    return forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=[CHOOSE, *reasons], error_messages={"required": missing}
    )


def words_field(who_reads: Any) -> forms.CharField:
    """The same in words."""
    return forms.CharField(
        label=gettext_lazy("In words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=who_reads,
    )


class ApprovalForm(Form, WithFingerprint):
    """Nothing to fill in: it approves what was shown."""


class RejectionForm(Form):
    reason = reason_field(RejectionReason.choices, gettext_lazy("Choose a reason for the rejection."))
    reason_text = words_field(gettext_lazy("Needed for “other”; the party and the owners read it."))


class RefusalForm(Form):
    reason = reason_field(RefusalReason.choices, gettext_lazy("Choose a reason for the refusal."))
    reason_text = words_field(gettext_lazy("Needed for “other”; the party reads it."))


class GrantForm(Form):
    conditions = forms.CharField(
        label=gettext_lazy("Conditions"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Leave empty to grant without conditions."),
    )


class EndForm(Form):
    reason = forms.CharField(
        label=gettext_lazy("Why it ends"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    on = forms.DateField(
        label=gettext_lazy("From the day"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Its units are free again from this day; today when left empty."),
    )


class RenewForm(Form):
    until = forms.DateField(
        label=gettext_lazy("Until, not including"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Leave empty for a renewal without end."),
    )


def standing_of(request: MemberRequest) -> Standing:
    """What the person is to the parties, read once a request; a verb that is carried out reads it anew."""
    known = request.__dict__
    if "standing" not in known:
        known["standing"] = Standing.of(request.user)
    standing: Standing = known["standing"]
    return standing


def offers(
    request: MemberRequest, subject: Subject, buttons: Sequence[Button], initial: Mapping[str, str] | None = None
) -> list[Offer]:
    """The buttons that are open to the person on `subject`. initial: hidden values, such as the fingerprint."""
    return offered(subject, buttons, standing_of(request), ROUTES[type(subject)], initial)


def carry_out(
    request: MemberRequest, subject: Subject, buttons: Sequence[Button], slug: str, page: str
) -> HttpResponse:
    """Carries out one verb on one row, and goes back to `page`. What was filled in wrongly is asked again.

    Raises Http404 for a verb that is none, and for what the person may not see.
    """
    button = next((button for button in buttons if button.slug == slug), None)
    if button is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(page)
    form = button.form(request.POST)
    if not form.is_valid():
        return _asked_again(request, subject, button, form, page)
    try:
        button.do(subject, actor=request.user, **form.cleaned_data)
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _asked_again(request, subject, button, form, page)
    except Refusal as refusal:
        return answer(request, refusal, page)
    messages.success(request, str(button.done))
    return HttpResponseRedirect(page)


def _asked_again(
    request: MemberRequest, subject: Subject, button: Button, form: forms.Form, page: str
) -> HttpResponse:
    context = {"offer": Offer(button, form, request.path), "subject": subject, "back": page}
    return render(request, "web/verb.html", context, status=400)
