from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.fields import OrganizationField, RegionField
from registry.api.serializers import Shown
from registry.api.views import Resource
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter
from registry.models import Basis, Sight, Way


class SightShown(Shown[Sight]):
    """That a person was given the exact place of a protected asset of others. `organization` is whose member they
    were by that right, `token` the name of the token where a program asked. Asset, owner and region are as they were
    then."""

    viewer = serializers.CharField(source="viewer.username", read_only=True)
    token = serializers.CharField(source="token.name", read_only=True, allow_null=True, default=None)
    organization = OrganizationField(read_only=True, allow_null=True)
    asset = serializers.IntegerField(source="asset_number", read_only=True)
    owner = OrganizationField(read_only=True)
    region = RegionField(read_only=True)

    class Meta:
        model = Sight
        fields = (
            "id", "seen_at", "day", "asset", "asset_code", "owner", "region", "viewer", "token", "organization",
            "basis", "way",
        )  # fmt: skip
        read_only_fields = fields


class SightFilters(Filters):
    asset = filters.NumberFilter(field_name="asset_number", help_text="The asset's id.")
    asset_code = CodeFilter(help_text="The owner's own number, whole.")
    owner = CodeFilter(field_name="owner__code", help_text="The code of the asset's owner.")
    region = RegionFilter()
    viewer = CodeFilter(field_name="viewer__username", help_text="The user name of who saw it.")
    organization = CodeFilter(field_name="organization__code", help_text="By whose right it was seen.")
    basis = ChoicesFilter(choices=Basis.choices)
    way = ChoicesFilter(choices=Way.choices)
    first_day = filters.DateFilter(field_name="day", lookup_expr="gte", help_text="Seen on this day or later.")
    last_day = filters.DateFilter(field_name="day", lookup_expr="lte", help_text="Seen on this day or before.")

    class Meta:
        model = Sight
        fields: tuple[str, ...] = ()


class SightResource(Resource):
    """Who saw which exact protected place: of your own assets, of those of the region that you regulate, and what you
    saw yourself."""

    model = Sight
    noun, nouns = "sight", "sights"
    orderings = ("-id",)
    serializer_class = SightShown
    filterset_class = SightFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("viewer", "token", "organization", "owner", "region")
