"""Verbs as pages offer them. Which are open, workflow.rules says; what they do, the verbs of workflow do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.urls import reverse
from django.utils.functional import Promise

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
    """A button on a page: its form, filled with what the page knows, and where it goes."""

    button: Button
    form: forms.Form
    url: str

    @property
    def unfolds(self) -> bool:
        """Whether there is anything to fill in, or a slip of the finger would cost something."""
        return bool(self.form.visible_fields()) or self.button.tone == "danger"


def offered(
    subject: Subject,
    buttons: Sequence[Button],
    standing: Standing,
    route: str,
    initial: Mapping[str, str] | None = None,
) -> list[Offer]:
    """The buttons that are open to a person on `subject`. route: the name of the address that carries a verb out, by
    id and slug. initial: hidden values, such as the fingerprint."""
    open_now = open_verbs(subject, standing)
    return [
        Offer(
            button,
            button.form(initial=dict(initial or {}), auto_id=f"{button.slug}-{subject.pk}-%s"),
            reverse(route, args=[subject.pk, button.slug]),
        )
        for button in buttons
        if button.verb in open_now
    ]
