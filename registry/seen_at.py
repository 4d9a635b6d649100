"""Forms that say when their asset last changed as it was shown: two people's changes do not undo each other."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.models import Asset

if TYPE_CHECKING:
    Form = forms.ModelForm[Asset]
else:
    Form = forms.ModelForm


class SeenAtForm(Form):
    """Of an asset that is changed, and then locked until it is written."""

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_at"] = self.instance.updated_at.isoformat()

    def clean(self) -> dict[str, Any]:
        """Refuses a form of a row that somebody else changed since it was shown; sent again, it is taken."""
        values = super().clean() or self.cleaned_data
        seen_at, last = values.pop("seen_at", ""), self.initial.get("seen_at")
        if last and seen_at != last:
            data: Any = self.data
            self.data = data = data.copy()
            data["seen_at"] = last
            said = _(
                "Somebody changed this asset meanwhile. Here is what you typed: save again to put it over theirs."
            )
            self.add_error(None, ValidationError(said, code="stale"))
        return values
