"""Forms that say how their row stood as it was shown: two people's changes do not undo each other."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    Form = forms.ModelForm[Model]
else:
    Form = forms.ModelForm


class SeenAtForm(Form):
    """Of a row that is changed, and then locked until it is written.

    seen_columns: those that count, of a row in which not only people write; else all.
    """

    seen_columns: ClassVar[Sequence[str]] = ()

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_at"] = self._state()

    def clean(self) -> dict[str, Any]:
        """Refuses a form of a row that somebody else changed since it was shown; sent again, it is taken."""
        values = super().clean() or self.cleaned_data
        self.refuse_another()
        return values

    def refuse_another(self) -> None:
        """Says so where the row is another than the one that was shown."""
        seen_at, last = self.cleaned_data.pop("seen_at", ""), self.initial.get("seen_at")
        if last and seen_at != last:
            data: Any = self.data
            self.data = data = data.copy()
            data["seen_at"] = last
            said = _("Somebody changed this meanwhile. Here is what you typed: save again to put it over theirs.")
            self.add_error(None, ValidationError(said, code="stale"))

    def _state(self) -> str:
        """When the row changed last; of rows that do not say, all that stood in them."""
        changed = getattr(self.instance, "updated_at", None)
        if changed:
            return str(changed.isoformat())
        columns = self.seen_columns or [column.attname for column in self.instance._meta.concrete_fields]
        return sha256(repr([(name, str(getattr(self.instance, name))) for name in columns]).encode()).hexdigest()
