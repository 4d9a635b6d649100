from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, prefetch_related_objects
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import OrganizationField, PeriodField
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Rows
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter
from registry.kinds import Kind
from registry.models import Scope
from sharing.api.decisions import MOST_AT_ONCE, Decisions, decided
from sharing.api.legs import leg_shown
from sharing.api.verbs import SharingResource
from sharing.models import Approval, Consent, Match, MatchStatus, RefusalReason, RejectionReason
from sharing.seen import Seen
from sharing.workflow import approvals, matches
from sharing.workflow.fingerprint import fingerprints_of
from sharing.workflow.rules import MATCH_FACTS


class LegShown(serializers.Serializer[Any]):
    """Units of an asset, or a gap to be built. Of a protected asset that you may not know of yet, only that an owner
    is asked."""

    position = serializers.IntegerField()
    is_gap = serializers.BooleanField()
    asset = serializers.IntegerField(allow_null=True)
    asset_code = serializers.CharField(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    protected = serializers.BooleanField()
    quantity = serializers.IntegerField()
    weight_kg = serializers.FloatField()
    wind_area_m2 = serializers.FloatField()
    power_kw = serializers.FloatField()
    place = serializers.JSONField(allow_null=True)
    place_is_exact = serializers.BooleanField()
    length_m = serializers.FloatField(allow_null=True)
    terrain = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Metres of a gap by class of terrain, `ordinary` in no area of any; empty where none is known.",
    )
    cost_per_year = serializers.FloatField()
    reference = serializers.UUIDField(allow_null=True, help_text="Of its lines in /allocations/.")


class ScorePart(serializers.Serializer[Any]):
    code = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    weight = serializers.FloatField()
    score = serializers.FloatField(allow_null=True)


class ConsentInMatch(serializers.ModelSerializer[Consent]):
    owner = OrganizationField(read_only=True)
    reason = serializers.ChoiceField(choices=RefusalReason.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Consent
        fields = ("id", "owner", "status", "conditions", "reason", "reason_text", "deadline", "answered_at")


class ApprovalInMatch(serializers.ModelSerializer[Approval]):
    regulator = OrganizationField(read_only=True)
    reason = serializers.ChoiceField(choices=RejectionReason.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Approval
        fields = ("id", "regulator", "decision", "reason", "reason_text", "decided_at")


class MatchShown(Shown[Match]):
    """One way to meet a demand. `rank` 1 is the run's answer. `fingerprint`, only where `approve` is open, is of what
    you are shown: an approval sends it back, and is refused where something has changed meanwhile."""

    party = OrganizationField(source="demand.list.party", read_only=True)
    kind = serializers.ChoiceField(source="demand.kind", choices=Kind.choices, read_only=True)
    demand_list = serializers.IntegerField(source="demand.list_id", read_only=True)
    period = PeriodField(read_only=True)
    score_parts = ScorePart(many=True, read_only=True)
    length_m = serializers.SerializerMethodField()
    costs_more = serializers.FloatField(
        read_only=True, allow_null=True, help_text="A year, than the run's answer to the same demand."
    )
    legs = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    hidden_consents = serializers.SerializerMethodField(help_text="Of owners that you may not know of yet.")
    approvals = ApprovalInMatch(many=True, read_only=True)
    agreement = serializers.SerializerMethodField()
    fingerprint = serializers.SerializerMethodField()
    actions = ActionsField()

    class Meta:
        model = Match
        fields = (
            "id", "run", "demand", "demand_list", "party", "kind", "rank", "status", "status_at", "period", "score",
            "score_parts", "cost_per_year", "costs_more", "distance_m", "length_m", "legs", "consents",
            "hidden_consents", "approvals", "agreement", "renews", "deadline", "created_at", "fingerprint", "actions",
        )  # fmt: skip
        read_only_fields = fields

    @property
    def seen(self) -> Seen:
        seen: Seen = self.context["seen"]
        return seen

    def get_length_m(self, match: Match) -> float | None:
        return self.seen.length_m(match)

    @extend_schema_field(LegShown(many=True))
    def get_legs(self, match: Match) -> list[dict[str, Any]]:
        return [leg_shown(leg, self.seen) for leg in match.legs.all()]

    @extend_schema_field(ConsentInMatch(many=True))
    def get_consents(self, match: Match) -> Any:
        return ConsentInMatch(self.seen.consents(match), many=True).data

    def get_hidden_consents(self, match: Match) -> int:
        return self.seen.hidden_consents(match)

    def get_agreement(self, match: Match) -> int | None:
        agreement = getattr(match, "agreement", None)
        return agreement.pk if agreement else None

    def get_fingerprint(self, match: Match) -> str | None:
        open_to_caller = "approve" in self.context["actions"](match)
        return self.context["fingerprints"][match.pk] if open_to_caller else None


class ApproveBody(Body):
    fingerprint = serializers.RegexField("^[0-9a-f]{64}$", help_text="Of the match as you read it.")


class RejectBody(Body):
    """`other` needs words."""

    reason = serializers.ChoiceField(choices=RejectionReason.choices)
    reason_text = serializers.CharField(required=False, default="", max_length=2000, allow_blank=True)


class ShownMatch(ApproveBody):
    id = serializers.IntegerField()


class ApproveManyBody(Body):
    matches = serializers.ListField(child=ShownMatch(), allow_empty=False, max_length=MOST_AT_ONCE)


class RejectManyBody(RejectBody):
    matches = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=MOST_AT_ONCE)


class MatchFilters(Filters):
    status = ChoicesFilter(choices=MatchStatus.choices)
    demand = filters.NumberFilter(help_text="The demand's id.")
    list = filters.NumberFilter(field_name="demand__list", help_text="The list's id.")
    run = filters.NumberFilter(help_text="The run's id.")
    rank = filters.NumberFilter(help_text="1 for the run's answers alone.")
    party = CodeFilter(field_name="demand__list__party__code", help_text="The party's code.")
    kind = ChoicesFilter(field_name="demand__kind", choices=Kind.choices)
    region = RegionFilter("demand__list__party__region")

    class Meta:
        model = Match
        fields: tuple[str, ...] = ()


class MatchResource(SharingResource):
    """What the engine proposes, and what became of it."""

    model = Match
    noun, nouns = "match", "matches"
    orderings = ("-id", "status_at", "rank")
    serializer_class = MatchShown
    filterset_class = MatchFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        answers = Match.objects.filter(run=OuterRef("run"), demand=OuterRef("demand"), rank=1).values("cost_per_year")
        more = F("cost_per_year") - Subquery(answers[:1])
        rows: QuerySet[Any] = queryset.select_related("demand__list__party", "agreement").annotate(costs_more=more)
        return rows

    def shown(self, page: Sequence[Any]) -> Rows:
        """Fingerprints are taken before what is shown is read: a change meanwhile outdates them."""
        fingerprints = fingerprints_of(page)
        prefetch_related_objects(page, *MATCH_FACTS, "approvals__regulator", "consents__owner")
        parts = {"seen": Seen.of(page, self.user), "fingerprints": fingerprints}
        return list(MatchShown(page, many=True, context=self.get_serializer_context() | parts).data)

    def needed_scope(self) -> Scope:
        return Scope.READ if self.request.method in ("GET", "HEAD", "OPTIONS") else Scope.DECIDE

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="request")
    def request_(self, request: Request, id: int) -> HttpResponseBase:
        """Request a match

        Its units are held at once, and every owner is asked. Where others were faster, the problem `units_gone` names
        the next best proposal.
        """
        return self.done(matches.request(self.get_object(), actor=self.user).pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw a request

        Before it is approved; the units are free again.
        """
        return self.done(matches.withdraw(self.get_object(), actor=self.user).pk)

    @extend_schema(request=ApproveBody)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: int) -> HttpResponseBase:
        """Approve a match

        Exactly as it was shown. One with a core asset waits for the approval of a second person.
        """
        values = self.given(ApproveBody)
        return self.done(approvals.approve(self.get_object(), **values, actor=self.user).pk)

    @extend_schema(request=RejectBody)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: int) -> HttpResponseBase:
        """Reject a match

        For a coded reason; its units are free again, and the next best proposal is offered.
        """
        values = self.given(RejectBody)
        return self.done(approvals.reject(self.get_object(), **values, actor=self.user).pk)

    @extend_schema(request=ApproveManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="approve", url_name="approve-many")
    def approve_many(self, request: Request) -> Response:
        """Approve many matches

        Each exactly as it was shown; each stands or falls alone.
        """
        shown = {one["id"]: one["fingerprint"] for one in self.given(ApproveManyBody)["matches"]}
        return decided(approvals.approve_many(shown, actor=self.user))

    @extend_schema(request=RejectManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="reject", url_name="reject-many")
    def reject_many(self, request: Request) -> Response:
        """Reject many matches

        For the same reason; each stands or falls alone.
        """
        values = self.given(RejectManyBody)
        return decided(approvals.reject_many(values.pop("matches"), **values, actor=self.user))
