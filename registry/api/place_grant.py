from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry import place_granting
from registry.api.fields import OrganizationField, RegionField
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Resource
from registry.filters import CodeFilter, Filters, RegionFilter
from registry.models import PlaceGrant, Scope


class PlaceGrantShown(Shown[PlaceGrant]):
    """That the members of an organization may know of the protected assets in a region, and of their exact places,
    from the first day through the last, or until it was withdrawn."""

    organization = OrganizationField(read_only=True)
    region = RegionField(read_only=True)
    granted_by = serializers.CharField(source="granted_by.username", read_only=True)
    actions = ActionsField()

    class Meta:
        model = PlaceGrant
        fields = (
            "id", "organization", "region", "starts_on", "ends_on", "reason", "granted_by", "granted_at",
            "withdrawn_at", "actions",
        )  # fmt: skip
        read_only_fields = fields


class PlaceGrantBody(ModelBody[PlaceGrant]):
    organization = OrganizationField(help_text="The code of the body with a task there.")
    region = RegionField()

    class Meta:
        model = PlaceGrant
        fields = ("organization", "region", "starts_on", "ends_on", "reason")
        validators: tuple[Any, ...] = ()


class PlaceGrantFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The code of who was given it.")
    region = RegionFilter()
    in_force = filters.BooleanFilter(method="filter_in_force", help_text="Whether it holds today.")

    class Meta:
        model = PlaceGrant
        fields: tuple[str, ...] = ()

    def filter_in_force(self, queryset: Any, name: str, value: bool) -> Any:
        holding = PlaceGrant.objects.in_force()
        return queryset.filter(pk__in=holding) if value else queryset.exclude(pk__in=holding)


class PlaceGrantResource(Resource):
    """Sight of protected places that regulators gave to bodies with a task in a region, for a time: what your
    organizations were given, and what is given in the region that you regulate."""

    model = PlaceGrant
    noun, nouns = "place grant", "place grants"
    orderings = ("-id",)
    serializer_class = PlaceGrantShown
    filterset_class = PlaceGrantFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "region", "granted_by")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=PlaceGrantBody)
    def create(self, request: Request) -> HttpResponseBase:
        """Give sight of protected places

        In a region, from a day through a day. For managers of a regulator of that region; a grant is not changed, but
        withdrawn and given anew.
        """
        made = place_granting.give(self.given(PlaceGrantBody), actor=self.user)
        return self.answer_with(made.pk, 201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw a place grant

        It shows nothing from now on. For managers of a regulator of its region.
        """
        return self.answer_with(place_granting.withdraw(self.unchanged(), actor=self.user).pk)

    def _actions(self, grant: PlaceGrant) -> list[str]:
        is_open = grant.withdrawn_at is None and place_granting.may_grant(grant.region, self.user)
        return ["withdraw"] if is_open else []
