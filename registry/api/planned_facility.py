from typing import Any

from django.db.models import F, QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import owned_writing
from registry.api.fields import GeometryField, OrganizationField, RegionField
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Resource
from registry.facility_filters import FacilityFilters
from registry.models import PlannedFacility

DATES = ("request_by", "design_freeze_on", "construction_starts_on", "opens_on")


class FacilityShown(Shown[PlannedFacility]):
    """A subway, tunnel, bridge, road or building still being planned. Its reserved space are assets that name it."""

    owner = OrganizationField(read_only=True)
    region = RegionField(read_only=True)
    place = GeometryField(source="geometry", read_only=True)
    actions = ActionsField()

    class Meta:
        model = PlannedFacility
        fields = (
            "id",
            "owner",
            "code",
            "name",
            "facility_type",
            "stage",
            "region",
            "place",
            *DATES,
            "cost_rule",
            "actions",
        )


class FacilityBody(ModelBody[PlannedFacility]):
    owner = OrganizationField()
    region = RegionField()
    place = GeometryField(source="geometry")

    class Meta:
        model = PlannedFacility
        fields = ("owner", "code", "name", "facility_type", "stage", "region", "place", *DATES, "cost_rule")
        validators: tuple[Any, ...] = ()


class FacilityChange(FacilityBody):
    """The owner stays."""

    owner = OrganizationField(read_only=True)


class FacilityResource(Resource):
    """Plans, published to every party (2024/1309 art. 6)."""

    model = PlannedFacility
    noun, nouns = "planned facility", "planned facilities"
    orderings = ("id", "request_by", "opens_on")
    place = outlined = "place"
    serializer_class = FacilityShown
    filterset_class = FacilityFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        placed: QuerySet[Any] = queryset.select_related("owner", "region").annotate(place=F("geometry"))
        return placed

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=FacilityBody)
    def create(self, request: Request) -> HttpResponseBase:
        """Publish a plan

        For editors of its owner.
        """
        made = owned_writing.PLANS.create(self.given(FacilityBody), actor=self.user)
        return self.answer_with(made.pk, 201)

    @extend_schema(request=FacilityChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change a plan"""
        facility = self.locked()
        values = self.given(FacilityChange, instance=facility, partial=True)
        owned_writing.PLANS.change(facility, values, actor=self.user)
        return self.answer_with(facility.pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw a plan

        Possible while no asset is reserved in it.
        """
        owned_writing.PLANS.delete(self.locked(), actor=self.user)
        return Response(status=204)

    def _actions(self, facility: PlannedFacility) -> list[str]:
        return ["change", "delete"] if owned_writing.PLANS.may_change(facility.owner_id, self.user) else []
