from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.serializers import Shown
from registry.api.views import Resource
from registry.filters import CodeFilter, Filters
from registry.models import Export


class ExportShown(Shown[Export]):
    """That a list or a letter left as a file. `token` is the name of the token where a program took it, `rows` are
    counted of files that were ordered."""

    person = serializers.CharField(source="person.username", read_only=True)
    token = serializers.CharField(source="token.name", read_only=True, allow_null=True, default=None)
    parameters = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Export
        fields = ("id", "exported_at", "person", "token", "address", "filename", "parameters", "rows")
        read_only_fields = fields


class ExportFilters(Filters):
    person = CodeFilter(field_name="person__username", help_text="The user name of who took it.")
    address = filters.CharFilter(lookup_expr="startswith", help_text="How the address of the list or page begins.")
    first_day = filters.DateFilter(
        field_name="exported_at__date", lookup_expr="gte", help_text="Taken on this day or later."
    )
    last_day = filters.DateFilter(
        field_name="exported_at__date", lookup_expr="lte", help_text="Taken on this day or before."
    )

    class Meta:
        model = Export
        fields: tuple[str, ...] = ()


class ExportResource(Resource):
    """Who took which list or letter as a file: you, as a manager your colleagues who belong to no organization that
    you do not manage, and as a regulator the people of the parties at home in the region."""

    model = Export
    noun, nouns = "export", "exports"
    orderings = ("-id",)
    serializer_class = ExportShown
    filterset_class = ExportFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("person", "token")
