"""Verbs on the pages: how their forms look, and the addresses that carry them out."""

from collections.abc import Mapping
from typing import ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from registry.web.access import MemberRequest
from registry.web.forms import DayInput, Form
from sharing.models import Agreement, CobuildGroup, Consent, DemandList, Match
from sharing.shown import buttons as shown
from sharing.shown.buttons import Button, Offer, offered, standing
from sharing.shown.verb_forms import Dressed
from sharing.workflow.rules import Standing, Subject, Verb

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


def standing_of(request: MemberRequest) -> Standing:
    return standing(request, request.user)


def offers(
    request: MemberRequest, subject: Subject, initial: Mapping[str, str] | None = None, only: Verb | None = None
) -> list[Offer]:
    """The buttons that are open to the person on `subject`. initial: hidden values, such as the fingerprint. only: the
    one that is asked for."""
    return offered(request, subject, standing_of(request), ROUTES[type(subject)], VerbForm, initial, only)


def carry_out(request: MemberRequest, subject: Subject, button: Button, page: str) -> HttpResponse:
    """Carries out a verb on one row, and goes back to `page`. What was filled in wrongly is asked again. Raises
    Http404 for what the person may not see."""

    def ask_again(form: forms.Form) -> HttpResponse:
        context = {"offer": Offer(button, form, request.path), "subject": subject, "back": page}
        return render(request, "web/verb.html", context, status=400)

    return shown.carry_out(request, request.user, subject, button, page, look=VerbForm, ask_again=ask_again)
