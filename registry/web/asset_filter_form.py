"""The filters of the catalog page: a form in front of registry.asset_filters, which decides what each means."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from registry.asset_filters import AssetFilters
from registry.filters import FilterRefused
from registry.kinds import Kind
from registry.models import AssetStatus, Sector
from registry.web.forms import DayInput, Form

ANY = ("", _("Any"))
# What tiles can be selected by at every zoom (docs/tiles.md).
OF_TILES = frozenset({"kind", "sector"})


class AssetFilterForm(Form):
    """Everything is optional; what makes no sense is said at its field, and then nothing is listed."""

    q = forms.CharField(label=_("Code or name"), required=False, widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[ANY, *Kind.choices])
    sector = forms.ChoiceField(label=_("Owner's sector"), required=False, choices=[ANY, *Sector.choices])
    owner = forms.CharField(label=_("Owner's code"), required=False, max_length=40)
    region = forms.CharField(label=_("Region code"), required=False, max_length=40)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *AssetStatus.choices])
    free_min = forms.IntegerField(label=_("Free units, at least"), required=False, min_value=1)
    free_from = forms.DateField(label=_("Free from"), required=False, widget=DayInput)
    free_until = forms.DateField(label=_("Free until"), required=False, widget=DayInput)
    area = forms.CharField(
        label=_("Inside an area"),
        required=False,
        max_length=10_000,
        help_text=_("Draw it on the map, or write its corners: 114.1 30.5,114.3 30.5,114.3 30.7"),
    )

    @property
    def given(self) -> dict[str, str]:
        """What was filled in, as the API takes it too."""
        return {name: value for name in self.fields if (value := str(self.data.get(name, "")).strip())}

    @property
    def query(self) -> str:
        return urlencode(self.given)

    @property
    def tiles_suffice(self) -> bool:
        """Whether the map's own tiles can show just what is listed."""
        return self.given.keys() <= OF_TILES

    def filtered(self, assets: QuerySet[Any]) -> QuerySet[Any]:
        """The assets, which know the place that their reader may know, as far as they pass; none where a filter is at
        fault."""
        filters = AssetFilters(QueryDict(self.query), queryset=assets)
        if not self.is_valid():
            return assets.none()
        if not filters.is_valid():
            for name, messages in filters.form.errors.items():
                self.add_error(name if name in self.fields else None, list(messages))
            return assets.none()
        try:
            passed: QuerySet[Any] = filters.qs
        except FilterRefused as refused:
            self.add_error(refused.parameter if refused.parameter in self.fields else None, str(refused.reason))
            return assets.none()
        return passed
