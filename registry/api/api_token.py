from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.accounts import tokens
from registry.api.fields import OrganizationField
from registry.api.problems import Problem
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Resource
from registry.filters import Filters
from registry.models import ApiToken, Role, Scope


class TokenShown(Shown[ApiToken]):
    """A token without its secret; `hint` is how the secret begins. `organization` is that of a service token."""

    user = serializers.CharField(source="user.username", read_only=True, help_text="As whom it acts.")
    issued_by = serializers.CharField(source="issued_by.username", read_only=True)
    organization = OrganizationField(read_only=True, allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    actions = ActionsField()

    class Meta:
        model = ApiToken
        fields = (
            "id", "name", "user", "issued_by", "organization", "scopes", "hint", "created_at", "expires_at",
            "revoked_at", "last_used_at", "actions",
        )  # fmt: skip
        read_only_fields = fields


class NewToken(TokenShown):
    """With the secret, which is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(TokenShown.Meta):
        fields: Any = (*TokenShown.Meta.fields, "secret")
        read_only_fields: Any = fields


class TokenBody(Body):
    """A personal token; a service token where `organization` and `role` are given."""

    name = serializers.CharField(max_length=120)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), min_length=1)
    expires_at = serializers.DateTimeField(help_text="At most a year away.")
    organization = OrganizationField(required=False)
    role = serializers.ChoiceField(choices=[(role.value, role.label) for role in tokens.SERVICE_ROLES], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("organization" in attrs) != ("role" in attrs):
            missing = "role" if "organization" in attrs else "organization"
            raise serializers.ValidationError({missing: _("A service token has an organization and a role.")})
        return attrs


class TokenFilters(Filters):
    revoked = filters.BooleanFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ()


class TokenResource(Resource):
    """Tokens by which programs call. They are issued in a session, never by another token."""

    model = ApiToken
    noun, nouns = "token", "tokens"
    orderings = ("-id",)
    serializer_class = TokenShown
    filterset_class = TokenFilters

    def joined(self, queryset: Any) -> Any:
        return queryset.select_related("user", "issued_by", "organization")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    def keeps_answer(self) -> bool:
        return self.action != "create"

    @extend_schema(request=TokenBody, responses={201: NewToken})
    def create(self, request: Request) -> HttpResponseBase:
        """Issue a token

        The secret is in this answer and nowhere else. Only within a session, so that a token begets no other. No
        Idempotency-Key is taken here, since the answer would be kept with the secret.
        """
        if request.auth is not None:
            raise Problem("scope_missing", "Sign in: a token cannot issue another.")
        values = self.given(TokenBody)
        organization, role = values.pop("organization", None), values.pop("role", None)
        if organization is None:
            token, secret = tokens.issue_personal(**values, actor=self.user)
        else:
            token, secret = tokens.issue_service(organization, role=Role(role), **values, actor=self.user)
        token.secret = secret  # type: ignore[attr-defined]
        shown = NewToken(token, context=self.get_serializer_context()).data
        return Response(shown, status=201, headers={"Location": self.address_of(token), "Cache-Control": "no-store"})

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Revoke a token

        At once and for good. Its person, its issuer and the managers of its organization may.
        """
        tokens.revoke(self.locked(), actor=self.user)
        return Response(status=204)

    def _actions(self, token: ApiToken) -> list[str]:
        return ["delete"] if token.revoked_at is None else []
