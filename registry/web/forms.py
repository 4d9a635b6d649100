"""What the forms of all pages share: how a field is drawn (web/field.html), with its help and its errors read out."""

from typing import TYPE_CHECKING

from django import forms
from django.forms.renderers import TemplatesSetting

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
