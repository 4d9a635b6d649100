"""The filters of the list of assets."""

from collections import OrderedDict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from registry.api.asset_details import DETAILS, column_names
from registry.api.filters import (
    MOST_RADIUS_M,
    BoxFilter,
    ChoicesFilter,
    CodeFilter,
    Filters,
    NearField,
    RegionFilter,
    TextFilter,
    around,
    within_distance,
)
from registry.api.problems import bad_parameter
from registry.kinds import Kind
from registry.models import Asset, AssetStatus, Protection, Sector
from registry.models.asset import any_place_meets

RANGED = ("capacity", "free_today", "weight_kg", "wind_area_m2", "power_kw", "price_per_unit_year")
NUMBERS = (models.FloatField, models.DecimalField, models.IntegerField)


class AnyColumnFilter(filters.Filter):
    """A condition on whichever of several kinds' columns has the name: an asset has only its own kind's."""

    def __init__(self, columns: list[str], lookup: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns, self.lookup = columns, lookup

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value in (None, "", []):
            return qs
        condition = Q()
        for column in self.columns:
            condition |= Q(**{f"{column}__{self.lookup}": value})
        return qs.filter(condition)


class AnyNumberFilter(AnyColumnFilter, filters.NumberFilter):
    pass


class AnyBooleanFilter(AnyColumnFilter, filters.BooleanFilter):
    pass


@extend_schema_field({"type": "string"})
class AnyChoicesFilter(AnyColumnFilter, ChoicesFilter):
    pass


def _technical() -> dict[str, filters.Filter]:
    """A filter for each column of the kinds' details, and the ranges of the asset's own numbers."""
    made: dict[str, filters.Filter] = {}
    for name in RANGED:
        for end, lookup in (("min", "gte"), ("max", "lte")):
            made[f"{name}_{end}"] = filters.NumberFilter(field_name=name, lookup_expr=lookup)
    columns: dict[str, list[str]] = {}
    fields: dict[str, Any] = {}
    for kind, serializer in DETAILS.items():
        model: Any = serializer.Meta.model
        for name in column_names(kind):
            columns.setdefault(name, []).append(f"{kind}__{name}")
            fields[name] = model._meta.get_field(name)
    for name, field in fields.items():
        label = str(field.verbose_name).capitalize()
        if isinstance(field, models.BooleanField):
            made[name] = AnyBooleanFilter(columns[name], "exact", help_text=label)
        elif isinstance(field, NUMBERS):
            for end, lookup in (("min", "gte"), ("max", "lte")):
                made[f"{name}_{end}"] = AnyNumberFilter(columns[name], lookup, help_text=label)
        else:
            made[name] = AnyChoicesFilter(columns[name], "in", choices=field.choices or ())
    for name, made_filter in made.items():
        made_filter.field_name = made_filter.field_name or name
    return made


class AssetFilters(Filters):
    """Beside those written out: the details of all kinds by name, numbers as `…_min` and `…_max`."""

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
    bbox = BoxFilter(any_place_meets)
    near = filters.CharFilter(
        method="filter_near", help_text="lon,lat in degrees of WGS 84; within `radius` metres, as far as you may know."
    )
    radius = filters.NumberFilter(
        method="filter_radius", min_value=0, max_value=MOST_RADIUS_M, help_text="Metres around `near`."
    )
    free_min = filters.NumberFilter(
        method="filter_free", min_value=0, help_text="Units free through all of `free_from` to `free_until`."
    )
    free_from = filters.DateFilter(method="filter_day", help_text="First day; without it, today counts.")
    free_until = filters.DateFilter(method="filter_day", help_text="The day after the last; without it, for ever.")

    class Meta:
        model = Asset
        fields: tuple[str, ...] = ()

    @classmethod
    def get_filters(cls) -> OrderedDict[str, filters.Filter]:
        return OrderedDict({**super().get_filters(), **_technical()})

    def filter_radius(self, queryset: Any, name: str, value: Decimal) -> Any:
        return self._only_beside("near", queryset, name)

    def filter_day(self, queryset: Any, name: str, value: date) -> Any:
        return self._only_beside("free_min", queryset, name)

    def filter_open_to(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(open_to_sectors__contains=[value])

    def filter_planned_facility(self, queryset: Any, name: str, value: int) -> Any:
        """A protected space is not found by the plan that would tell where it is."""
        return queryset.filter(planned_facility=value, place_is_exact=True)

    def filter_near(self, queryset: Any, name: str, value: str) -> Any:
        """Exact geodesic distance from the place that the caller may know."""
        point = self._read("near", NearField(), value)
        radius = self.form.cleaned_data.get("radius")
        if radius is None:
            raise bad_parameter("near", _("This needs %(other)s as well.") % {"other": "radius"})
        box = any_place_meets(around(point, float(radius)))
        return queryset.filter(box).filter(within_distance("place", point, float(radius)))

    def filter_free(self, queryset: Any, name: str, value: int) -> Any:
        start, end = self.form.cleaned_data.get("free_from"), self.form.cleaned_data.get("free_until")
        if start is None and end is None:
            return queryset.filter(free_today__gte=value)
        if start is None or (end is not None and end <= start):
            raise bad_parameter("free_until", _("A period needs its first day, and the last must come after it."))
        # What is free in a period is free today only by chance, but never more than the capacity.
        return queryset.filter(capacity__gte=value).with_free_units(start, end).filter(free_units__gte=value)

    def _only_beside(self, other: str, queryset: Any, name: str) -> Any:
        """Read by another filter; alone it has no meaning."""
        if not (self.data or {}).get(other):
            raise bad_parameter(name, _("This needs %(other)s as well.") % {"other": other})
        return queryset

    def _read(self, name: str, field: Any, value: str) -> Any:
        try:
            return field.clean(value)
        except Exception as error:
            messages = getattr(error, "messages", None)
            if messages is None:
                raise
            raise bad_parameter(name, " ".join(messages)) from error
