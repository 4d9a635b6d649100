"""The bodies by which assets are listed and changed."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api.asset_details import DETAILS, DetailsField
from registry.api.fields import GeometryField, OrganizationField, RegionField, RelatedField
from registry.api.serializers import ModelBody
from registry.asset_writing import PROTECTION, TERMS
from registry.kinds import KINDS
from registry.models import Asset, PlannedFacility, Sector


class AssetBody(ModelBody[Asset]):
    """An asset as its owner states it. `details` are the columns of its kind."""

    owner = OrganizationField()
    region = RegionField(required=False)
    place = GeometryField(source="geometry")
    planned_facility = RelatedField(queryset=PlannedFacility.objects.all(), required=False, allow_null=True)
    open_to_sectors = serializers.ListField(child=serializers.ChoiceField(choices=Sector.choices), required=False)
    details = DetailsField(required=False)

    class Meta:
        model = Asset
        fields = (
            "owner", "code", "name", "kind", "status", "region", "place", "planned_facility", "available_from",
            "capacity", "weight_kg", "wind_area_m2", "power_kw", *TERMS, *PROTECTION, "source", "details",
        )  # fmt: skip
        validators: tuple[Any, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The geometry and the details must be the kind's."""
        kind = self.instance.kind if self.instance else attrs["kind"]
        place = attrs.get("geometry")
        if place is not None and place.geom_type != KINDS[kind].geometry:
            wanted = _("This kind is a %(wanted)s, the geometry a %(given)s.") % {
                "wanted": KINDS[kind].geometry,
                "given": place.geom_type,
            }
            raise serializers.ValidationError({"place": [ErrorDetail(wanted, "type")]})
        if "details" in attrs:
            details = DETAILS[kind](data=attrs["details"], partial=self.partial)
            if not details.is_valid():
                raise serializers.ValidationError({"details": details.errors})
            attrs["details"] = details.validated_data
        return attrs


class AssetChange(AssetBody):
    """Owner and kind stay as they are."""

    owner = OrganizationField(read_only=True)

    class Meta(AssetBody.Meta):
        read_only_fields = ("kind",)
