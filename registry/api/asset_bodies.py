"""The bodies by which assets are listed and changed."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api.asset_details import DETAILS, DetailsField
from registry.api.fields import GeometryField, OrganizationField, RegionField, RelatedField
from registry.api.serializers import Body, ModelBody
from registry.asset_writing import PROTECTION, REVIEW, TERMS
from registry.kinds import KINDS
from registry.models import Asset, PlannedFacility, Protection, Sector

MOST_AT_ONCE = 5000


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
            "capacity", "weight_kg", "wind_area_m2", "power_kw", *TERMS, *PROTECTION, REVIEW, "source", "details",
        )  # fmt: skip
        validators: tuple[Any, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The geometry and the details must be the kind's, and only a level of protection is reviewed."""
        kind = self.instance.kind if self.instance else attrs["kind"]
        place = attrs.get("geometry")
        if place is not None and place.geom_type != KINDS[kind].geometry:
            wanted = _("This kind is a %(wanted)s, the geometry a %(given)s.") % {
                "wanted": KINDS[kind].geometry,
                "given": place.geom_type,
            }
            raise serializers.ValidationError({"place": [ErrorDetail(wanted, "type")]})
        level = attrs.get("protection", self.instance.protection if self.instance else Protection.OPEN)
        if attrs.get(REVIEW) is not None and level == Protection.OPEN:
            said = _("An open asset has no level of protection to review.")
            raise serializers.ValidationError({REVIEW: [ErrorDetail(said, "invalid")]})
        if "details" in attrs:
            details = DETAILS[kind](data=attrs["details"], partial=self.partial)
            if not details.is_valid():
                raise serializers.ValidationError({"details": details.errors})
            attrs["details"] = details.validated_data
        return attrs


class ChosenAssets(Body):
    """Assets by their ids, all of which are changed, or none."""

    assets = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=MOST_AT_ONCE)


class AssetTermsBody(ChosenAssets):
    """What is left out stays as each asset has it."""

    open_to_sectors = serializers.ListField(child=serializers.ChoiceField(choices=Sector.choices), required=False)
    price_per_unit_year = serializers.DecimalField(
        max_digits=12, decimal_places=2, min_value=Decimal(0), required=False
    )
    terms = serializers.CharField(required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not set(TERMS) & set(attrs):
            raise serializers.ValidationError(_("Say what is to be set: %(names)s.") % {"names": ", ".join(TERMS)})
        return attrs


class LevelsBody(ChosenAssets):
    until = serializers.DateField(help_text="The day on which the levels are to be reviewed again; to come.")

    def validate_until(self, until: date) -> date:
        if until <= timezone.localdate():
            raise serializers.ValidationError(_("Enter a day to come."))
        return until


class AssetChange(AssetBody):
    """Owner and kind stay as they are."""

    owner = OrganizationField(read_only=True)

    class Meta(AssetBody.Meta):
        read_only_fields = ("kind",)
