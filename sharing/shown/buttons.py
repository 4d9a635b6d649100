"""Verbs as pages offer and carry them out. Which are open, workflow.rules says; what they do, verbs of workflow do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from registry.models import User
from sharing.errors import BadInput, Refusal, StaleForm
from sharing.models import MatchStatus
from sharing.shown import kept_words
from sharing.shown.refusals import answer
from sharing.workflow.rules import Standing, Subject, Verb, open_verbs


class NothingToFill(forms.Form):
    """A verb that needs no more than its button."""


class WithFingerprint(forms.Form):
    """Carries what was shown, so that a verb can refuse a page that is no longer true."""

    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput)


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
    buttons: Sequence[Button],
    standing: Standing,
    route: str,
    initial: Mapping[str, str] | None = None,
) -> list[Offer]:
    """The buttons that are open to a person on `subject`, with what they filled in where their page was outdated.
    route: the name of the address that carries a verb out, by id and slug. initial: hidden values, such as the
    fingerprint."""
    open_now, found = open_verbs(subject, standing), []
    for button in buttons:
        if button.verb not in open_now:
            continue
        url = reverse(route, args=[subject.pk, button.slug])
        kept = kept_words.take(request, url)
        form = button.form(initial={**(initial or {}), **kept}, auto_id=f"{button.slug}-{subject.pk}-%s")
        found.append(Offer(button, form, url, is_open=bool(kept)))
    return found


def carry_out(
    request: HttpRequest,
    actor: User,
    subject: Subject,
    buttons: Sequence[Button],
    slug: str,
    page: str,
    *,
    ask_again: Callable[[Button, forms.Form], HttpResponse],
) -> HttpResponse:
    """Carries out one verb on one row, and goes back to `page`. ask_again: shows a form that was filled in wrongly.

    Raises Http404 for a verb that is none, and for what the person may not see.
    """
    button = next((button for button in buttons if button.slug == slug), None)
    if button is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(page)
    form = button.form(request.POST)
    if not form.is_valid():
        return ask_again(button, form)
    try:
        result = button.do(subject, actor=actor, **form.cleaned_data)
    except BadInput as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return ask_again(button, form)
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
