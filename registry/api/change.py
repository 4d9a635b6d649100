from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api.fields import OrganizationField, RegionField
from registry.api.serializers import Shown
from registry.api.views import Resource, Rows
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter
from registry.models import Act, Change, Organization, Region, User
from registry.models.change import Noun
from registry.models.region import region_text

# What a foreign key is shown as: what the API calls such an object elsewhere.
NAMES: dict[type[Model], Any] = {
    Organization: lambda row: row.code,
    Region: lambda row: region_text(row.scheme, row.code),
    User: lambda row: row.username,
}


class DifferenceShown(serializers.Serializer[Any]):
    """A column that differs. Of a place it is told that it changed, not from where to where."""

    field = serializers.CharField()
    before = serializers.JSONField()
    after = serializers.JSONField()


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "object", "properties": {"first": {"type": "integer"}, "last": {"type": "integer"}}},
    }
)
class RunsField(serializers.Field[Any, Any, Any, Any]):
    """Runs of ids, first and last included."""

    def to_representation(self, value: Any) -> list[dict[str, int]]:
        return [{"first": run.lower, "last": run.upper - 1} for run in value]


class ChangeShown(Shown[Change]):
    """That something was made, changed or removed. `number` is its id; of assets listed together `numbers` are their
    ids, and their values stand in the assets. `actor` is null where the clock or a command acted."""

    number = serializers.IntegerField(source="row", read_only=True, allow_null=True)
    numbers = RunsField(source="rows", read_only=True, allow_null=True)
    code = serializers.CharField(source="label", read_only=True)
    count = serializers.IntegerField(read_only=True)
    differences = DifferenceShown(many=True, read_only=True)
    organization = OrganizationField(read_only=True, allow_null=True)
    region = RegionField(read_only=True, allow_null=True)
    actor = serializers.CharField(source="actor.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Change
        fields = (
            "id", "changed_at", "actor", "noun", "act", "number", "numbers", "count", "code", "organization", "region",
            "differences",
        )  # fmt: skip
        read_only_fields = fields


class ChangeFilters(Filters):
    noun = ChoicesFilter(choices=Noun.choices)
    act = ChoicesFilter(choices=Act.choices)
    asset = filters.NumberFilter(method="filter_asset", help_text="An asset's id: of it, its details, its listing.")
    number = filters.NumberFilter(field_name="row", help_text="The id of what was changed; give `noun` as well.")
    code = CodeFilter(field_name="label", help_text="Of an asset, a plan or an organization, whole.")
    organization = CodeFilter(field_name="organization__code", help_text="Whose it is.")
    region = RegionFilter()
    actor = CodeFilter(field_name="actor__username", help_text="The user name of who did it.")
    since = filters.IsoDateTimeFilter(field_name="changed_at", lookup_expr="gte", help_text="ISO 8601 moment.")
    until = filters.IsoDateTimeFilter(field_name="changed_at", lookup_expr="lt", help_text="ISO 8601 moment.")
    after = filters.NumberFilter(field_name="id", lookup_expr="gt", help_text="Changes after the one with this id.")

    class Meta:
        model = Change
        fields: tuple[str, ...] = ()

    def filter_asset(self, queryset: Any, name: str, value: int) -> Any:
        return queryset.of_asset(int(value))


class ChangeResource(Resource):
    """Who changed what of assets, organizations, members, plans and grants of sight: of your own organizations, and of
    the region that you regulate; of the service tokens and webhook endpoints of organizations that you manage."""

    model = Change
    noun, nouns = "change", "changes"
    orderings = ("-id",)
    serializer_class = ChangeShown
    filterset_class = ChangeFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "region", "actor")

    def shown(self, page: Sequence[Any]) -> Rows:
        names = _names(page)
        for change in page:
            change.differences = list(_differences(change, names))
        return super().shown(page)


def _names(page: Sequence[Change]) -> dict[type[Model], dict[int, str]]:
    """What the foreign keys of a page's values stand for, in a query a model, however many changes."""
    wanted: dict[type[Model], set[int]] = {model: set() for model in NAMES}
    for change in page:
        for field, _column, was, became in _columns(change):
            if field.related_model in NAMES:
                wanted[field.related_model] |= {value for value in (was, became) if value is not None}
    return {
        model: {row.pk: name(row) for row in model._default_manager.filter(pk__in=wanted[model])}
        for model, name in NAMES.items()
    }


def _differences(change: Change, names: dict[type[Model], dict[int, str]]) -> Iterator[dict[str, Any]]:
    for field, column, was, became in _columns(change):
        if column == "geometry":
            yield {"field": "place", "before": None, "after": None}
        elif field.related_model in NAMES:
            known = names[field.related_model]
            yield {"field": field.name, "before": known.get(was), "after": known.get(became)}
        else:
            yield {"field": field.name, "before": was, "after": became}


def _columns(change: Change) -> Iterator[tuple[Any, str, Any, Any]]:
    """Field, column, and its values before and after; of what was made or removed those that had one."""
    before, after = change.before or {}, change.after or {}
    for field in change.model._meta.concrete_fields:
        was, became = before.get(field.column), after.get(field.column)
        if was is not None or became is not None:
            yield field, field.column, was, became
