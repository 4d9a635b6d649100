"""What verbs ask to be filled in, the same behind every door; each door dresses the forms in its own widgets."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.utils.translation import gettext_lazy

from sharing.models import RefusalReason, RejectionReason
from sharing.workflow.cobuild_groups import ENDED_BY_MEMBERS

CHOOSE = ("", gettext_lazy("Choose a reason"))


class Dressed(forms.Form):
    """A form in the widgets of one door. dress: by the plain widget the one that is worn instead."""

    dress: ClassVar[Mapping[type[forms.Widget], type[forms.Widget]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            plain = field.widget
            if worn := self.dress.get(type(plain)):
                field.widget = worn(attrs=plain.attrs)
                field.widget.is_required = plain.is_required
                if isinstance(field, forms.ChoiceField):
                    field.widget.choices = field.choices


Look = TypeVar("Look", bound=Dressed)


@cache
def _dressed(form: type[forms.Form], look: type[Dressed]) -> type[Dressed]:
    return cast("type[Dressed]", type(form.__name__, (look, form), {}))


def dressed(form: type[forms.Form], look: type[Look]) -> type[Look]:
    """The form as a door shows it."""
    return cast("type[Look]", _dressed(form, look))


class NothingToFill(forms.Form):
    """A verb that needs no more than its button."""


class WithFingerprint(forms.Form):
    """Carries what was shown, so that a verb can refuse a page that is no longer true."""

    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput)


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


class RejectionForm(forms.Form):
    reason = reason_field(RejectionReason.choices, gettext_lazy("Choose a reason for the rejection."))
    reason_text = words_field(gettext_lazy("Needed for “other”; the party and the owners read it."))


class RefusalForm(forms.Form):
    reason = reason_field(RefusalReason.choices, gettext_lazy("Choose a reason for the refusal."))
    reason_text = words_field(gettext_lazy("Needed for “other”; the party reads it."))


class GrantForm(forms.Form):
    conditions = forms.CharField(
        label=gettext_lazy("Conditions"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Leave empty to grant without conditions."),
    )


class GrantShown(GrantForm, WithFingerprint):
    """A grant of what the page showed."""


class RefuseShown(RefusalForm, WithFingerprint):
    """A refusal of what the page showed."""


class EndForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why it ends"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    on = forms.DateField(
        label=gettext_lazy("From the day"),
        required=False,
        help_text=gettext_lazy(
            "Its units are free again from this day; today when left empty. A renewal falls with it."
        ),
    )


class RenewForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Until, not including"),
        required=False,
        help_text=gettext_lazy("Leave empty for a renewal without end."),
    )


class PartyForm(forms.Form):
    party = forms.CharField(
        label=gettext_lazy("Party"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Its code; only where you act for several parties of the group."),
    )


class FinishForm(PartyForm):
    reason = reason_field(
        [(reason.value, reason.label) for reason in ENDED_BY_MEMBERS],
        gettext_lazy("Say whether it was built or given up."),
    )
    field_order = ("reason", "party")
