from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.accounts import invitations
from registry.api.fields import OrganizationField
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Resource
from registry.filters import CodeFilter, Filters
from registry.models import Invitation, Role, Scope


class InvitationShown(Shown[Invitation]):
    """That whoever reads the mail of an address may join. The link that lets in is in the mail alone."""

    organization = OrganizationField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, read_only=True)
    invited_by = serializers.CharField(source="invited_by.username", read_only=True)
    actions = ActionsField()

    class Meta:
        model = Invitation
        fields = (
            "id", "organization", "email", "role", "invited_by", "created_at", "sent_at", "expires_at", "accepted_at",
            "withdrawn_at", "actions",
        )  # fmt: skip
        read_only_fields = fields


class InvitationBody(Body):
    organization = OrganizationField()
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)


class InvitationFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The organization's code.")
    email = CodeFilter(help_text="Whole.")
    accepted = filters.BooleanFilter(field_name="accepted_at", lookup_expr="isnull", exclude=True)
    withdrawn = filters.BooleanFilter(field_name="withdrawn_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = ()


class InvitationResource(Resource):
    """Invitations to your organizations, for their managers."""

    model = Invitation
    noun, nouns = "invitation", "invitations"
    orderings = ("-id",)
    serializer_class = InvitationShown
    filterset_class = InvitationFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "invited_by")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(request=InvitationBody)
    def create(self, request: Request) -> HttpResponseBase:
        """Invite somebody

        By mail, sent as soon as this is answered; once more, with new time, where the address was invited already.
        """
        values = self.given(InvitationBody)
        values["role"] = Role(values["role"])
        made = invitations.invite(values.pop("organization"), **values, actor=self.user)
        transaction.on_commit(lambda: invitations.send(made))
        return self.answer_with(made.pk, 201)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw an invitation

        Its link leads nowhere from now on.
        """
        invitations.withdraw(self.locked(), actor=self.user)
        return Response(status=204)

    def _actions(self, invitation: Invitation) -> list[str]:
        return ["delete"] if invitations.may_withdraw(invitation, self.user) else []
