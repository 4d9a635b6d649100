"""What the forms of all pages share: how a field is drawn (web/field.html), with its help and its errors read out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from registry.errors import BadInput, Refusal
from registry.models import Region
from registry.models.region import GB_T_2260, split_region
from registry.place_field import PlaceField
from registry.refusals import SENTENCES, constraint_of, constraints_by_message, explained

if TYPE_CHECKING:
    from django.db.models import Model

    class _ModelForm(forms.ModelForm[Model]): ...
else:
    _ModelForm = forms.ModelForm


class Renderer(TemplatesSetting):
    """Django's own, with the site's template for a field; the admin keeps its own."""

    field_template_name = "web/field.html"


class Form(forms.Form):
    default_renderer = Renderer

    def add_refusal(self, refusal: Refusal) -> None:
        """Beside the field that it is about, else above the form."""
        field = refusal.field if isinstance(refusal, BadInput) else None
        self.add_error(field if field in self.fields else None, refusal.message)


class ModelForm(_ModelForm):
    default_renderer = Renderer


class RowForm(ModelForm):
    """A row whose constraints are said in their own sentences, whether Django finds them broken or the database.

    field_of: by the constraint's name the field at which it is said; of all others above the form.
    """

    field_of: ClassVar[Mapping[str, str]] = {}

    def add_error(self, field: str | None, error: Any) -> None:
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            constraints = constraints_by_message(self.instance)
            for where, faults in error.error_dict.items():
                for fault in faults:
                    name = constraints.get(fault.messages[0], "")
                    if name in SENTENCES:
                        self._add(self.field_of.get(name), str(SENTENCES[name]))
                    else:
                        self._add(where, fault)
        else:
            super().add_error(field, error)

    def add_refusal(self, error: IntegrityError) -> None:
        """What the database refused."""
        self._add(self.field_of.get(constraint_of(error)), explained(error))

    def _add(self, field: str | None, error: Any) -> None:
        super().add_error(field if field in self.fields else None, error)


class DayInput(forms.DateInput):
    """The browser's own calendar, which takes and gives days as 2027-01-31."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class RegionField(forms.CharField):
    """A region by its code, since there are thousands. Cleans to the Region, or None when empty."""

    default_error_messages = {
        "unknown": _("There is no region with this code: six digits of GB/T 2260, such as 420102.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Region code"), max_length=40, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = Region.objects.filter(pk=value).first()
        if not isinstance(value, Region):
            return value
        return value.code if value.scheme == GB_T_2260 else f"{value.scheme}:{value.code}"

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "").strip()

    def clean(self, value: Any) -> Region | None:
        text = super().clean(value)
        if not text:
            return None
        scheme, code = split_region(text)
        found = Region.objects.filter(scheme=scheme, code=code).first()
        if found is None:
            raise ValidationError(self.error_messages["unknown"], code="unknown")
        return found


def place_field() -> PlaceField:
    """A place beside the map of web/place_map.html."""
    return PlaceField(
        label=_("Place"),
        help_text=_("Draw it on the map, or write it as WKT or GeoJSON, longitude before latitude (WGS 84)."),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "class": "mono"}),
    )
