"""What the forms of all pages share: how a field is drawn (web/field.html), with its help and its errors read out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from registry.models import Region
from registry.models.region import GB_T_2260, split_region
from registry.refusals import constraint_of, explained

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
    required_css_class = "required"


class ModelForm(_ModelForm):
    default_renderer = Renderer
    required_css_class = "required"


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


def add_refusal(form: forms.BaseForm, error: IntegrityError, fields: Mapping[str, str]) -> None:
    """What the database refused, in words, at the field that `fields` gives for its constraint, else above the form."""
    name = fields.get(constraint_of(error), "")
    form.add_error(name if name in form.fields else None, explained(error))
