"""The filters of the list of assets: those of the catalog, and the details of all kinds."""

from collections import OrderedDict
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from registry import asset_filters
from registry.api.asset_details import DETAILS, column_names
from registry.exports.assets import WITH_PLACE
from registry.filters import ChoicesFilter
from registry.models import Asset

RANGED = ("capacity", "free_today", "weight_kg", "wind_area_m2", "power_kw", "price_per_unit_year")
NUMBERS = (models.FloatField, models.DecimalField, models.IntegerField)


class AnyColumnFilter(filters.Filter):
    """A condition on whichever of several kinds' columns has the name: an asset has only its own kind's. What is told
    with the exact place only is compared with it only."""

    def __init__(self, columns: list[str], lookup: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns, self.lookup = columns, lookup

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value in (None, "", []):
            return qs
        condition = Q()
        for column in self.columns:
            met = Q(**{f"{column}__{self.lookup}": value})
            condition |= met & Q(place_is_exact=True) if column in WITH_PLACE else met
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
        label = capfirst(field.verbose_name)
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


class AssetFilters(asset_filters.AssetFilters):
    """Beside those of the catalog the details of all kinds by name, numbers as `…_min` and `…_max`; and what waits for
    the caller."""

    review_due = filters.BooleanFilter(
        method="filter_review_due", help_text="Whether the level of protection is due, and yours to confirm."
    )

    def filter_review_due(self, queryset: Any, name: str, value: bool) -> Any:
        due = Asset.objects.due_for_review(timezone.localdate()).set_by(self.user)
        return queryset.filter(pk__in=due.values("pk")) if value else queryset.exclude(pk__in=due.values("pk"))

    @classmethod
    def get_filters(cls) -> OrderedDict[str, filters.Filter]:
        return OrderedDict({**super().get_filters(), **_technical()})
