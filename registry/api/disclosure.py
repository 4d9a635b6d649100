from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.fields import OrganizationField
from registry.api.serializers import Shown
from registry.api.views import Resource
from registry.filters import CodeFilter, Filters
from registry.models import Asset, Disclosure


class DisclosureShown(Shown[Disclosure]):
    """That an organization was told the exact place of a protected asset by a consent. `reference` is the leg of the
    match that it serves."""

    asset_code = serializers.CharField(source="asset.code", read_only=True)
    owner = OrganizationField(source="asset.owner", read_only=True)
    organization = OrganizationField(read_only=True)

    class Meta:
        model = Disclosure
        fields = ("id", "disclosed_at", "asset", "asset_code", "owner", "organization", "reason", "reference")
        read_only_fields = fields


class DisclosureFilters(Filters):
    asset = filters.NumberFilter(help_text="The asset's id.")
    owner = CodeFilter(field_name="asset__owner__code", help_text="The code of the asset's owner.")
    organization = CodeFilter(field_name="organization__code", help_text="The code of who was told.")
    since = filters.IsoDateTimeFilter(field_name="disclosed_at", lookup_expr="gte", help_text="ISO 8601 moment.")

    class Meta:
        model = Disclosure
        fields: tuple[str, ...] = ()


class DisclosureResource(Resource):
    """Which protected places were told to whom: of your own assets, to your organizations, and in the region that you
    regulate."""

    model = Disclosure
    noun, nouns = "disclosure", "disclosures"
    orderings = ("-id",)
    serializer_class = DisclosureShown
    filterset_class = DisclosureFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # A grant that has ended leaves the record of what was told, but not of an asset that is hidden again.
        seen = Asset.objects.visible_to(self.user) if self.request.user.is_authenticated else Asset.objects.none()
        return queryset.filter(asset__in=seen.order_by().values("pk")).select_related("asset__owner", "organization")
