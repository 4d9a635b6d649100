from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry.api.fields import OrganizationField, PeriodField
from registry.api.serializers import ActionsField, Shown
from registry.kinds import Kind
from sharing.api.legs import LegShown, leg_shown
from sharing.models import Approval, Consent, Match, RefusalReason, RejectionReason
from sharing.seen import Seen


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
    """One way to meet a demand. `rank` 1 is the run's answer. Of a match with a core asset `score` is 0 and
    `score_parts` are empty, as they would tell where it is. `fingerprint`, only where `approve` is open, is of what
    you are shown: an approval sends it back, and is refused where something has changed meanwhile."""

    party = OrganizationField(source="demand.list.party", read_only=True)
    kind = serializers.ChoiceField(source="demand.kind", choices=Kind.choices, read_only=True)
    demand_list = serializers.IntegerField(source="demand.list_id", read_only=True)
    period = PeriodField(
        source="told_period", read_only=True, allow_null=True,
        help_text="Null where the line has been changed since, so that its period is another.",
    )  # fmt: skip
    score = serializers.SerializerMethodField(help_text="0 to 1, the higher the better.")
    score_parts = ScorePart(many=True, read_only=True)
    length_m = serializers.SerializerMethodField()
    costs_more = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="A year, than the run's answer to the same demand, where you may see it.",
    )
    legs = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    hidden_consents = serializers.SerializerMethodField(help_text="Of owners that you may not know of yet.")
    approvals = ApprovalInMatch(many=True, read_only=True)
    agreement = serializers.SerializerMethodField()
    assigned_to = serializers.CharField(
        source="given_name", read_only=True, allow_null=True, help_text="The colleague of yours whose work it is."
    )
    fingerprint = serializers.SerializerMethodField()
    actions = ActionsField()

    class Meta:
        model = Match
        fields = (
            "id", "run", "demand", "demand_list", "party", "kind", "rank", "status", "status_at", "period", "score",
            "score_parts", "cost_per_year", "costs_more", "distance_m", "length_m", "legs", "consents",
            "hidden_consents", "approvals", "agreement", "renews", "deadline", "created_at", "assigned_to",
            "fingerprint", "actions",
        )  # fmt: skip
        read_only_fields = fields

    @property
    def seen(self) -> Seen:
        seen: Seen = self.context["seen"]
        return seen

    def get_score(self, match: Match) -> float:
        return match.told_score or 0.0

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
