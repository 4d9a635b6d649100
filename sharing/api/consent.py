from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry.api.fields import OrganizationField
from registry.api.serializers import ActionsField, Body, Shown
from registry.filters import ChoicesFilter, CodeFilter, Filters
from registry.models import Scope
from sharing.api.verbs import SharingResource
from sharing.models import Consent, ConsentStatus, RefusalReason
from sharing.seen import consents_naming_owner
from sharing.workflow import consents


class ConsentShown(Shown[Consent]):
    """An owner's answer to the legs of a match on its assets."""

    owner = OrganizationField(read_only=True)
    party = OrganizationField(source="match.demand.list.party", read_only=True)
    reason = serializers.ChoiceField(choices=RefusalReason.choices, allow_blank=True, read_only=True)
    actions = ActionsField()

    class Meta:
        model = Consent
        fields = (
            "id", "match", "party", "owner", "status", "conditions", "reason", "reason_text", "deadline", "asked_at",
            "answered_at", "actions",
        )  # fmt: skip
        read_only_fields = fields


class GrantBody(Body):
    conditions = serializers.CharField(required=False, default="", max_length=4000, allow_blank=True)


class RefuseBody(Body):
    """`other` needs words."""

    reason = serializers.ChoiceField(choices=RefusalReason.choices)
    reason_text = serializers.CharField(required=False, default="", max_length=2000, allow_blank=True)


class ConsentFilters(Filters):
    status = ChoicesFilter(choices=ConsentStatus.choices)
    match = filters.NumberFilter(help_text="The match's id.")
    owner = CodeFilter(field_name="owner__code", help_text="The owner's code.")
    due_before = filters.IsoDateTimeFilter(field_name="deadline", lookup_expr="lt", help_text="ISO 8601 moment.")

    class Meta:
        model = Consent
        fields: tuple[str, ...] = ()


class ConsentResource(SharingResource):
    """What owners are asked, and what they answered; where you may know the owner."""

    model = Consent
    noun, nouns = "consent", "consents"
    orderings = ("deadline", "id")
    serializer_class = ConsentShown
    filterset_class = ConsentFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        named: Any = consents_naming_owner(self.user) if self.request.user.is_authenticated else queryset
        rows = queryset.filter(pk__in=named.order_by().values("pk"))
        return rows.select_related("owner", "match__demand__list__party")

    def needed_scope(self) -> Scope:
        return Scope.READ if self.request.method in ("GET", "HEAD", "OPTIONS") else Scope.DECIDE

    @extend_schema(request=GrantBody)
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, id: int) -> HttpResponseBase:
        """Grant a consent

        Perhaps under conditions. The exact places of the owner's legs are disclosed to the party.
        """
        values = self.given(GrantBody)
        return self.done(consents.grant(self.get_object(), **values, actor=self.user).pk)

    @extend_schema(request=RefuseBody)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, id: int) -> HttpResponseBase:
        """Refuse a consent

        For a coded reason; the whole match is refused, and the next best proposal is offered.
        """
        values = self.given(RefuseBody)
        return self.done(consents.refuse(self.get_object(), **values, actor=self.user).pk)
