"""The span, region, kind and sector that figures are asked for, as the address of a page says them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kinds import Kind
from registry.models import Region, Sector, User
from registry.models.region import GB_T_2260
from registry.web.forms import Form
from sharing.errors import BadInput
from sharing.monitoring.breakdowns import kind_name
from sharing.monitoring.scope import Scope, last_year


class MonthField(forms.DateField):
    """A month as browsers send it: 2026-11. Gives its first day."""

    input_formats = ["%Y-%m"]
    widget = forms.DateInput(attrs={"type": "month", "placeholder": "2026-11"}, format="%Y-%m")


class Filters(Form):
    """Whatever is left empty does not narrow; months default to the last twelve."""

    start = MonthField(label=gettext_lazy("From month"), required=False)
    end = MonthField(label=gettext_lazy("To month"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("Region"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    sector = forms.ChoiceField(
        label=gettext_lazy("Sector"), required=False, choices=[("", gettext_lazy("All")), *Sector.choices]
    )

    def __init__(self, given: Any, user: User) -> None:
        today = timezone.localdate()
        wanted = {name: given.get(name, "") for name in ("start", "end", "region", "kind", "sector")}
        wanted["start"] = wanted["start"] or f"{last_year()[0]:%Y-%m}"
        wanted["end"] = wanted["end"] or f"{today:%Y-%m}"
        super().__init__(wanted)
        self.user, self.regions = user, _regions(user, str(wanted["region"]))
        every = ("", _("All"))
        fields: Any = self.fields
        fields["region"].choices = [every, *((region.code, str(region)) for region in self.regions)]
        fields["kind"].choices = [every, *((kind, kind_name(kind)) for kind in Kind.values)]
        if not self.regions:
            del fields["region"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self._asked(cleaned)
            except BadInput as refusal:
                self.add_refusal(refusal)
        return cleaned

    def scope(self) -> Scope:
        """What is asked for, within what the person may know of; the last twelve months where the form is wrong."""
        return self._asked(self.cleaned_data if self.is_valid() else {})

    def _asked(self, values: dict[str, Any]) -> Scope:
        region = next((one for one in self.regions if one.code == values.get("region")), None)
        narrower = {"kind": values.get("kind", ""), "sector": values.get("sector", "")}
        return Scope.asked(self.user, start=values.get("start"), end=values.get("end"), region=region, **narrower)


def _regions(user: User, code: str) -> Sequence[Region]:
    """What a regulator may choose: their regions, the divisions one level below, and below the chosen one."""
    regulated = [(GB_T_2260, "")] if user.is_superuser else user.regulated
    known = Region.objects.none()
    for scheme, prefix in regulated:
        known |= Region.objects.current().filter(scheme=scheme, code__startswith=prefix)
    wanted = Q(level__in={len(prefix) + below for _scheme, prefix in regulated for below in (0, 2)})
    for chosen in known.filter(code=code):
        wanted |= Q(pk=chosen.pk) | Q(code__startswith=chosen.prefix, level=len(chosen.prefix) + 2)
    return list(known.annotate(level=Length("prefix")).filter(wanted).order_by("code"))
