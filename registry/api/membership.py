from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.accounts import members
from registry.api.fields import OrganizationField
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Resource
from registry.filters import ChoicesFilter, CodeFilter, Filters
from registry.models import Membership, Role, Scope


class OrganizationMember(Shown[Membership]):
    """A person's role in an organization."""

    organization = OrganizationField(read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user.get_full_name", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    actions = ActionsField()

    class Meta:
        model = Membership
        fields = ("id", "organization", "username", "name", "email", "role", "actions")


class RoleBody(Body):
    role = serializers.ChoiceField(choices=Role.choices)


class MembershipFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The organization's code.")
    role = ChoicesFilter(choices=Role.choices)
    username = CodeFilter(field_name="user__username", help_text="Whole.")

    class Meta:
        model = Membership
        fields: tuple[str, ...] = ()


class MembershipResource(Resource):
    """Who belongs to your organizations. Their managers change and remove people; whoever is to join is invited, with
    an account or without, and joins by an act of their own."""

    model = Membership
    noun, nouns = "membership", "memberships"
    serializer_class = OrganizationMember
    filterset_class = MembershipFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "user")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=RoleBody)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change a member's role

        For managers of the organization, which keeps one manager at least.
        """
        membership = self.locked()
        role = Role(self.given(RoleBody)["role"])
        return self.answer_with(members.change_role(membership, role=role, actor=self.user).pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Remove a member

        By another manager; the person keeps their account. Service tokens that they issued end with their role.
        """
        members.remove(self.locked(), actor=self.user)
        return Response(status=204)

    def _actions(self, membership: Membership) -> list[str]:
        if not members.may_manage(membership.organization_id, self.user):
            return []
        return ["change"] if membership.user_id == self.user.pk else ["change", "delete"]
