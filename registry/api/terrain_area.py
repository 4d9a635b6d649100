from typing import Any

from django.db.models import F, QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import owned_writing
from registry.api.fields import GeometryField, OrganizationField
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Resource
from registry.filters import BoxFilter, ChoicesFilter, CodeFilter, Filters, TextFilter, by_geometry
from registry.models import TerrainArea, TerrainClass


class TerrainShown(Shown[TerrainArea]):
    """An area of one class of terrain: the gaps of routes that cross it cost what new build there costs."""

    owner = OrganizationField(read_only=True)
    terrain_class = serializers.ChoiceField(choices=TerrainClass.choices, read_only=True)
    place = GeometryField(source="geometry", geometry_type="MULTIPOLYGON", read_only=True)
    actions = ActionsField()

    class Meta:
        model = TerrainArea
        fields = ("id", "owner", "code", "name", "terrain_class", "place", "actions")


class TerrainBody(ModelBody[TerrainArea]):
    owner = OrganizationField()
    terrain_class = serializers.ChoiceField(choices=TerrainClass.choices)
    place = GeometryField(source="geometry", geometry_type="MULTIPOLYGON")

    class Meta:
        model = TerrainArea
        fields = ("owner", "code", "name", "terrain_class", "place")
        validators: tuple[Any, ...] = ()


class TerrainChange(TerrainBody):
    """The owner stays."""

    owner = OrganizationField(read_only=True)


class TerrainFilters(Filters):
    owner = CodeFilter(field_name="owner__code", help_text="The code of who keeps it.")
    code = CodeFilter(help_text="The owner's own number, whole.")
    terrain_class = ChoicesFilter(choices=TerrainClass.choices)
    bbox = BoxFilter(by_geometry)
    q = TextFilter("code", "name")

    class Meta:
        model = TerrainArea
        fields: tuple[str, ...] = ()


class TerrainResource(Resource):
    """What new build goes through, by which the gaps of routes are priced; known to every party."""

    model = TerrainArea
    noun, nouns = "terrain area", "terrain areas"
    orderings = ("id", "code")
    place = outlined = "place"
    serializer_class = TerrainShown
    filterset_class = TerrainFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        placed: QuerySet[Any] = queryset.select_related("owner").annotate(place=F("geometry"))
        return placed

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=TerrainBody)
    def create(self, request: Request) -> HttpResponseBase:
        """Draw an area of terrain

        For editors of its owner.
        """
        made = owned_writing.TERRAIN.create(self.given(TerrainBody), actor=self.user)
        return self.answer_with(made.pk, 201)

    @extend_schema(request=TerrainChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change an area of terrain"""
        area = self.locked()
        values = self.given(TerrainChange, instance=area, partial=True)
        owned_writing.TERRAIN.change(area, values, actor=self.user)
        return self.answer_with(area.pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Remove an area of terrain"""
        owned_writing.TERRAIN.delete(self.locked(), actor=self.user)
        return Response(status=204)

    def _actions(self, area: TerrainArea) -> list[str]:
        return ["change", "delete"] if owned_writing.TERRAIN.may_change(area.owner_id, self.user) else []
