from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import OrganizationField, PeriodField
from registry.api.serializers import ActionsField, Body, Shown
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter, TextFilter
from registry.kinds import Kind
from registry.models import Scope
from sharing.api.demand import PARTY_HOME
from sharing.api.verbs import SharingResource
from sharing.models import Agreement, MatchStatus
from sharing.seen import legs_naming_owner, with_why_ended
from sharing.workflow import agreements
from sharing.workflow.locks import lock_match
from sharing.workflow.rules import MATCH_FACTS


class AgreementShown(Shown[Agreement]):
    """What an approved match became. Its status is that of its match."""

    status = serializers.ChoiceField(source="match.status", choices=MatchStatus.choices, read_only=True)
    party = OrganizationField(source="match.demand.list.party", read_only=True)
    period = PeriodField(read_only=True)
    end_reason = serializers.CharField(
        source="why_ended", read_only=True, help_text="Empty where you may not know who ended it."
    )
    actions = ActionsField()

    class Meta:
        model = Agreement
        fields = (
            "id", "number", "match", "party", "status", "period", "fee_per_year", "ended_on", "end_reason",
            "created_at", "actions",
        )  # fmt: skip
        read_only_fields = fields


class EndBody(Body):
    reason = serializers.CharField(max_length=200)
    on = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The day from which its units are free; else today."
    )


class RenewBody(Body):
    until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="The day after the last; null for without end."
    )


class RenewalAsked(serializers.Serializer[Any]):
    """The match that asks for the renewal, which goes through consent and approval as any other."""

    match = serializers.IntegerField()


class AgreementFilters(Filters):
    number = CodeFilter(help_text="The agreement's number, whole.")
    status = ChoicesFilter(field_name="match__status", choices=MatchStatus.choices)
    party = CodeFilter(field_name="match__demand__list__party__code", help_text="The party's code.")
    match = filters.NumberFilter(help_text="The match's id.")
    owner = CodeFilter(method="filter_owner", help_text="The code of an owner of it, as far as you may know.")
    kind = ChoicesFilter(field_name="match__demand__kind", choices=Kind.choices)
    region = RegionFilter("match__demand__list__party__region", of=PARTY_HOME)
    q = TextFilter("number", "match__demand__name")

    class Meta:
        model = Agreement
        fields: tuple[str, ...] = ()

    def filter_owner(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(match__in=legs_naming_owner(self.user, value).values("match"))


class AgreementResource(SharingResource):
    """Agreements of your organizations, and those in your region."""

    model = Agreement
    noun, nouns = "agreement", "agreements"
    orderings = ("-id", "number")
    serializer_class = AgreementShown
    filterset_class = AgreementFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        told = with_why_ended(queryset, self.user) if self.request.user.is_authenticated else queryset
        rows = told.select_related("match__demand__list__party")
        return rows.prefetch_related(*(f"match__{fact}" for fact in MATCH_FACTS))

    def lock(self, found: Any) -> None:
        lock_match(found.match_id)

    @extend_schema(request=EndBody)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, id: int) -> HttpResponseBase:
        """End an agreement early

        For its party or an owner; the ledger is free from that day on. A renewal falls with it.
        """
        values = self.given(EndBody)
        return self.done(agreements.end(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=RenewBody, responses={201: RenewalAsked})
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, id: int) -> Response:
        """Ask for the renewal of an agreement

        The same legs for the days after it, held at once.
        """
        values = self.given(RenewBody)
        return Response({"match": agreements.renew(self.unchanged(), **values, actor=self.user).pk}, status=201)
