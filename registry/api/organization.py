from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.fields import RegionField
from registry.api.serializers import ActionsField, ModelBody, Shown
from registry.api.views import Resource
from registry.filters import ChoicesFilter, Filters, RegionFilter, TextFilter
from registry.models import Organization, Role, Sector


class OrganizationShown(Shown[Organization]):
    region = RegionField(read_only=True)
    regulates = RegionField(read_only=True, allow_null=True)
    contact_email = serializers.CharField(read_only=True)
    actions = ActionsField()

    class Meta:
        model = Organization
        fields = (
            "id", "code", "name", "sector", "region", "social_credit_code", "contact_email", "contact_phone",
            "regulates", "actions",
        )  # fmt: skip


class OrganizationChange(ModelBody[Organization]):
    """What an organization says of itself; the rest is the registry's to state."""

    class Meta:
        model = Organization
        fields = ("contact_email", "contact_phone")


class OrganizationFilters(Filters):
    sector = ChoicesFilter(choices=Sector.choices)
    region = RegionFilter()
    regulator = filters.BooleanFilter(
        field_name="regulates", lookup_expr="isnull", exclude=True, help_text="Whether it regulates a region."
    )
    q = TextFilter("code", "name")

    class Meta:
        model = Organization
        fields: tuple[str, ...] = ()


class OrganizationResource(Resource):
    """The parties: owners, demanders and regulators."""

    model = Organization
    noun, nouns = "organization", "organizations"
    orderings = ("code", "id")
    serializer_class = OrganizationShown
    filterset_class = OrganizationFilters
    lookup_field = "code"
    lookup_value_converter = "str"

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("region", "regulates")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=OrganizationChange)
    def partial_update(self, request: Request, code: str) -> HttpResponseBase:
        """Change an organization's contact

        For its managers.
        """
        organization = self.locked()
        self.refuse_unless(bool(self._actions(organization)))
        for name, value in self.given(OrganizationChange, instance=organization, partial=True).items():
            setattr(organization, name, value)
        organization.save(update_fields=["contact_email", "contact_phone"])
        return self.answer_with(organization.pk)

    def _actions(self, organization: Organization) -> list[str]:
        return ["change"] if organization.pk in self.user.organizations_as(Role.MANAGER) else []
