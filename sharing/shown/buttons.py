"""Verbs as pages offer and carry them out, the same on the site and in the admin. Which are open, workflow.rules says;
what they do, verbs of workflow do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.models import User
from sharing.errors import BadInput, Refusal, StaleForm
from sharing.models import Agreement, CobuildGroup, Consent, DemandList, Match, MatchStatus
from sharing.shown import kept_words
from sharing.shown.refusals import answer
from sharing.shown.verb_forms import (
    Dressed,
    EndForm,
    FinishForm,
    GrantShown,
    NothingToFill,
    PartyForm,
    RefuseShown,
    RejectionForm,
    RenewForm,
    WithFingerprint,
    dressed,
)
from sharing.workflow import agreements, approvals, cobuild_groups, consents, lists, matches
from sharing.workflow.rules import Standing, Subject, Verb, open_verbs


@dataclass(frozen=True)
class Button:
    """A verb as a page offers it. do(subject, actor=…, **what the form gave) carries it out; done is said then."""

    verb: Verb
    do: Callable[..., object]
    done: str | Promise
    form: type[forms.Form] = NothingToFill
    tone: str = ""

    @property
    def slug(self) -> str:
        """Its name in addresses: “approve” for match.approve."""
        return self.verb.value.partition(".")[2]


BUTTONS: dict[type[Subject], tuple[Button, ...]] = {
    DemandList: (
        Button(Verb.SUBMIT, lists.submit, gettext_lazy("Submitted; matching has begun."), tone="primary"),
        Button(Verb.REMATCH, lists.rematch, gettext_lazy("Matching again has begun."), tone="quiet"),
        Button(
            Verb.REOPEN,
            lists.reopen,
            gettext_lazy("The list is a draft again: change it and submit it anew."),
            tone="danger",
        ),
        Button(Verb.CLOSE, lists.close, gettext_lazy("The list is closed."), tone="danger"),
    ),
    Match: (
        Button(Verb.APPROVE, approvals.approve, gettext_lazy("Approved as shown."), WithFingerprint, "primary"),
        Button(
            Verb.REJECT,
            approvals.reject,
            gettext_lazy("Rejected; its units are free again."),
            RejectionForm,
            "danger",
        ),
        Button(
            Verb.REQUEST,
            matches.request,
            gettext_lazy("Requested: its units are held, its owners are asked."),
            tone="primary",
        ),
        Button(Verb.WITHDRAW, matches.withdraw, gettext_lazy("Withdrawn; its units are free again."), tone="danger"),
    ),
    Consent: (
        Button(Verb.GRANT, consents.grant, gettext_lazy("Granted; the party has been told."), GrantShown, "primary"),
        Button(
            Verb.REFUSE,
            consents.refuse,
            gettext_lazy("Refused; the party has been told, and is offered the next best match."),
            RefuseShown,
            "danger",
        ),
    ),
    Agreement: (
        Button(Verb.RENEW, agreements.renew, gettext_lazy("Asked for: the owners decide again."), RenewForm, "quiet"),
        Button(
            Verb.END,
            agreements.end,
            gettext_lazy("The agreement ends; its units are free from that day."),
            EndForm,
            "danger",
        ),
    ),
    CobuildGroup: (
        Button(
            Verb.JOIN,
            cobuild_groups.join,
            gettext_lazy("Joined. You can take it back until all have joined."),
            PartyForm,
            "primary",
        ),
        Button(
            Verb.LEAVE,
            cobuild_groups.withdraw,
            gettext_lazy("Your joining is taken back; you may join again."),
            PartyForm,
        ),
        Button(
            Verb.DECLINE,
            cobuild_groups.decline,
            gettext_lazy("Declined; the others are grouped anew."),
            PartyForm,
            "danger",
        ),
        Button(Verb.FINISH, cobuild_groups.close, gettext_lazy("The group is closed."), FinishForm, "danger"),
    ),
}
"""In the order in which a page has them."""


def button_of(subject: Subject, slug: str) -> Button:
    """That of an address. Raises Http404 where the subject has none of the name."""
    for button in BUTTONS[type(subject)]:
        if button.slug == slug:
            return button
    raise Http404


@dataclass(frozen=True)
class Offer:
    """A button on a page: its form, filled with what the page knows, and where it goes. is_open: whether what there is
    to fill in is seen at once."""

    button: Button
    form: forms.Form
    url: str
    is_open: bool = False

    @property
    def unfolds(self) -> bool:
        """Whether there is anything to fill in, or a slip of the finger would cost something."""
        return bool(self.form.visible_fields()) or self.button.tone == "danger"


def standing(request: HttpRequest, user: User) -> Standing:
    """What the person is to the parties, read once a request; a verb that is carried out reads it anew."""
    known = request.__dict__
    if "standing" not in known:
        known["standing"] = Standing.of(user)
    found: Standing = known["standing"]
    return found


def offered(
    request: HttpRequest,
    subject: Subject,
    standing: Standing,
    route: str,
    look: type[Dressed],
    initial: Mapping[str, str] | None = None,
    only: Verb | None = None,
) -> list[Offer]:
    """The buttons that are open to a person on `subject`, with what they filled in where their page was outdated.
    route: the name of the address that carries a verb out, by id and slug. look: how the door dresses forms. initial:
    hidden values, such as the fingerprint. only: the verb that is asked for, where not all are."""
    open_now, found = open_verbs(subject, standing), []
    for button in BUTTONS[type(subject)]:
        if button.verb not in open_now or only not in (None, button.verb):
            continue
        url = reverse(route, args=[subject.pk, button.slug])
        kept = kept_words.take(request, url)
        form_class = dressed(button.form, look)
        form = form_class(initial={**(initial or {}), **kept}, auto_id=f"{button.slug}-{subject.pk}-%s")
        found.append(Offer(button, form, url, is_open=bool(kept)))
    return found


def carry_out(
    request: HttpRequest,
    actor: User,
    subject: Subject,
    button: Button,
    page: str,
    *,
    look: type[Dressed],
    ask_again: Callable[[forms.Form], HttpResponse],
) -> HttpResponse:
    """Carries out a verb on one row, and goes back to `page`. look: how the door dresses forms. ask_again: shows a
    form that was filled in wrongly. Raises Http404 for what the person may not see."""
    if request.method != "POST":
        return HttpResponseRedirect(page)
    form = dressed(button.form, look)(request.POST)
    if not form.is_valid():
        return ask_again(form)
    try:
        result = button.do(subject, actor=actor, **form.cleaned_data)
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return ask_again(form)
    except Refusal as refusal:
        if isinstance(refusal, StaleForm):
            kept_words.keep(request, form)
        return answer(request, refusal, page)
    messages.success(request, _said(button, result))
    return HttpResponseRedirect(page)


def _said(button: Button, result: Any) -> str:
    """What is told when a verb was carried out. Of a core asset the first approval is not yet the decision."""
    if button.verb is Verb.APPROVE and result.status == MatchStatus.CONSENTED:
        return _("The first of two approvals is given; a second person must approve too.")
    return str(button.done)
