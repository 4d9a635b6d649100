"""What the catalog can be filtered by, on the site as in the API."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from registry.filters import (
    AreaFilter,
    BoxFilter,
    ChoicesFilter,
    CodeFilter,
    FilterRefused,
    NearFilters,
    RegionFilter,
    TextFilter,
)
from registry.kinds import Kind
from registry.models import Asset, AssetStatus, Protection, Sector
from registry.models.asset import AssetQuerySet

OF_FEW = frozenset({"q", "bbox", "area", "near"})
OF_FEW_TOGETHER = frozenset({"owner", "region", "changed_since", "protection"})


def may_leave_few(filters: Collection[str]) -> bool:
    """Whether only PostgreSQL knows if these filters leave few assets or most (registry.search.are_few). What it knows
    of one alone, such as a kind or an owner, it acts by without being asked."""
    return bool(OF_FEW & set(filters)) or (len(filters) > 1 and bool(OF_FEW_TOGETHER & set(filters)))


class AssetFilters(NearFilters):
    """The queryset must know the place that its reader may know (with_place_for)."""

    indexed = AssetQuerySet.meeting

    kind = ChoicesFilter(choices=Kind.choices)
    status = ChoicesFilter(choices=AssetStatus.choices)
    protection = ChoicesFilter(choices=Protection.choices)
    sector = ChoicesFilter(field_name="owner__sector", choices=Sector.choices)
    open_to = filters.ChoiceFilter(
        method="filter_open_to", choices=Sector.choices, help_text="A sector that may ask for it."
    )
    owner = CodeFilter(field_name="owner__code", help_text="The owner's code.")
    code = CodeFilter(help_text="The owner's own number, whole.")
    region = RegionFilter()
    planned_facility = filters.NumberFilter(method="filter_planned_facility", help_text="Whose reserved space it is.")
    q = TextFilter("code", "name")
    changed_since = filters.IsoDateTimeFilter(
        field_name="updated_at", lookup_expr="gte", help_text="ISO 8601 moment; changed then or later."
    )
    bbox = BoxFilter(AssetQuerySet.meeting)
    area = AreaFilter(AssetQuerySet.meeting)
    free_min = filters.NumberFilter(
        method="filter_free", min_value=0, help_text="Units free through all of `free_from` to `free_until`."
    )
    free_from = filters.DateFilter(method="filter_day", help_text="First day; without it, today counts.")
    free_until = filters.DateFilter(method="filter_day", help_text="The day after the last; without it, for ever.")

    class Meta:
        model = Asset
        fields: tuple[str, ...] = ()

    def filter_day(self, queryset: Any, name: str, value: date) -> Any:
        return self._only_beside("free_min", queryset, name)

    def filter_open_to(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(open_to_sectors__contains=[value])

    def filter_planned_facility(self, queryset: Any, name: str, value: int) -> Any:
        """A protected space is not found by the plan that would tell where it is."""
        return queryset.filter(planned_facility=value, place_is_exact=True)

    def filter_free(self, queryset: Any, name: str, value: int) -> Any:
        start, end = self.form.cleaned_data.get("free_from"), self.form.cleaned_data.get("free_until")
        if start is None and end is None:
            return queryset.filter(free_today__gte=value)
        if start is None or (end is not None and end <= start):
            raise FilterRefused("free_until", _("A period needs its first day, and the last must come after it."))
        # What is free in a period is free today only by chance, but never more than the capacity.
        return queryset.filter(capacity__gte=value).with_free_units(start, end).filter(free_units__gte=value)
