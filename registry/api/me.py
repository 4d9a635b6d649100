from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import OrganizationField, RegionField
from registry.api.views import Api
from registry.models import ApiToken, Membership, Role, Scope


class MembershipShown(serializers.ModelSerializer[Membership]):
    organization = OrganizationField(read_only=True)
    regulates = RegionField(source="organization.regulates", read_only=True, allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)

    class Meta:
        model = Membership
        fields = ("organization", "role", "regulates")


class Me(serializers.Serializer[Any]):
    """Who calls, for whom, and what for."""

    username = serializers.CharField()
    name = serializers.CharField()
    memberships = MembershipShown(many=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))


class MeView(Api):
    noun, nouns = "caller", "caller"

    @extend_schema(responses=Me)
    def get(self, request: Request) -> Response:
        """Say who calls

        The person or service account, its organizations with its role in each, and what the token may be used for.
        """
        user: Any = request.user
        rows = Membership.objects.filter(user=user).select_related("organization__regulates")
        scopes = request.auth.scopes if isinstance(request.auth, ApiToken) else list(Scope.values)
        me = {
            "username": user.username,
            "name": user.get_full_name(),
            "memberships": rows.order_by("pk"),
            "scopes": scopes,
        }
        return Response(Me(me).data)
