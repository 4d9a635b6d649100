from typing import Any

from django.db.models import F, Q, QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import GeometryField, OrganizationField, RegionField
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Resource
from registry.filters import BoxFilter, ChoicesFilter, CodeFilter, Filters, RegionFilter, TextFilter
from registry.models import FacilityStage, FacilityType, PlannedFacility, Role

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


class FacilityFilters(Filters):
    facility_type = ChoicesFilter(choices=FacilityType.choices)
    stage = ChoicesFilter(choices=FacilityStage.choices)
    owner = CodeFilter(field_name="owner__code", help_text="The owner's code.")
    region = RegionFilter()
    bbox = BoxFilter(lambda box: Q(geometry__bboverlaps=box))
    request_by_from = filters.DateFilter(
        field_name="request_by", lookup_expr="gte", help_text="Space can still be asked for on this day."
    )
    q = TextFilter("code", "name")

    class Meta:
        model = PlannedFacility
        fields: tuple[str, ...] = ()


class FacilityResource(Resource):
    """Plans, published to every party (2024/1309 art. 6)."""

    model = PlannedFacility
    noun, nouns = "planned facility", "planned facilities"
    orderings = ("id", "request_by", "opens_on")
    place = "place"
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
        values = self.given(FacilityBody)
        self.refuse_unless(values["owner"].pk in self.user.organizations_as(Role.EDITOR))
        return self.answer_with(PlannedFacility.objects.create(**values).pk, 201)

    @extend_schema(request=FacilityChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change a plan"""
        facility = self.locked()
        self.refuse_unless(bool(self._actions(facility)))
        for name, value in self.given(FacilityChange, instance=facility, partial=True).items():
            setattr(facility, name, value)
        facility.save()
        return self.answer_with(facility.pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw a plan

        Possible while no asset is reserved in it.
        """
        facility = self.locked()
        self.refuse_unless(bool(self._actions(facility)))
        facility.delete()
        return Response(status=204)

    def _actions(self, facility: PlannedFacility) -> list[str]:
        return ["change", "delete"] if facility.owner_id in self.user.organizations_as(Role.EDITOR) else []
