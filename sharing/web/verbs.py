"""Verbs on the pages: their forms, and the one way in which an address carries a verb out."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from registry.web.access import MemberRequest
from registry.web.forms import DayInput, Form
from sharing.models import Agreement, CobuildGroup, Consent, DemandList, Match
from sharing.shown import buttons as shown
from sharing.shown import verb_forms
from sharing.shown.buttons import Button, Offer, WithFingerprint, offered, standing
from sharing.shown.verb_forms import Dressed
from sharing.workflow.rules import Standing, Subject

# The addresses that carry verbs out, by id and slug of the verb.
ROUTES: dict[type[Subject], str] = {
    DemandList: "web:demand-list-do",
    Match: "web:match-do",
    Consent: "web:consent-do",
    Agreement: "web:agreement-do",
    CobuildGroup: "web:cobuild-group-do",
}


class VerbForm(Dressed, Form):
    dress: ClassVar = {forms.DateInput: DayInput}


class ApprovalForm(Form, WithFingerprint):
    """Nothing to fill in: it approves what was shown."""


class RejectionForm(VerbForm, verb_forms.RejectionForm):
    pass


class RefusalForm(VerbForm, verb_forms.RefusalForm):
    pass


class GrantForm(VerbForm, verb_forms.GrantForm):
    pass


class EndForm(VerbForm, verb_forms.EndForm):
    pass


class RenewForm(VerbForm, verb_forms.RenewForm):
    pass


class PartyForm(VerbForm, verb_forms.PartyForm):
    pass


class FinishForm(VerbForm, verb_forms.FinishForm):
    pass


def standing_of(request: MemberRequest) -> Standing:
    return standing(request, request.user)


def offers(
    request: MemberRequest, subject: Subject, buttons: Sequence[Button], initial: Mapping[str, str] | None = None
) -> list[Offer]:
    """The buttons that are open to the person on `subject`. initial: hidden values, such as the fingerprint."""
    return offered(request, subject, buttons, standing_of(request), ROUTES[type(subject)], initial)


def carry_out(
    request: MemberRequest, subject: Subject, buttons: Sequence[Button], slug: str, page: str
) -> HttpResponse:
    """Carries out one verb on one row, and goes back to `page`. What was filled in wrongly is asked again.

    Raises Http404 for a verb that is none, and for what the person may not see.
    """

    def ask_again(button: Button, form: forms.Form) -> HttpResponse:
        context = {"offer": Offer(button, form, request.path), "subject": subject, "back": page}
        return render(request, "web/verb.html", context, status=400)

    return shown.carry_out(request, request.user, subject, buttons, slug, page, ask_again=ask_again)
