from collections.abc import Sequence
from typing import Any

from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.serializers import Shown
from registry.api.views import Rows
from registry.filters import CodeFilter, Filters
from registry.models import Asset
from sharing.api.verbs import SharingResource
from sharing.matching.describing import describe_change, describe_miss, describe_other_changes
from sharing.models import CobuildDemand, Outcome


class OutcomeShown(Shown[Outcome]):
    """Why a demand was met or not: how many assets were near → open to the party → technically fit → free in the
    period → left by higher priorities, the nearest miss, and the smallest single change by which it would be met.
    Its `field` is a column of the demand, or `period_end`, `halves` (two lines of half the quantity) or
    `max_gap_share` (a term of the run); `legs`: how several assets would share it."""

    funnel = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    nearest_miss = serializers.SerializerMethodField()
    change = serializers.SerializerMethodField()
    other_changes = serializers.SerializerMethodField(help_text="Single changes of other columns, the smaller first.")
    miss_in_words = serializers.SerializerMethodField()
    change_in_words = serializers.SerializerMethodField()
    other_changes_in_words = serializers.SerializerMethodField()
    cobuild_group = serializers.SerializerMethodField(help_text="Where it could be built together with others.")

    class Meta:
        model = Outcome
        fields = (
            "id", "run", "demand", "met", "reason", "funnel", "nearest_miss", "change", "other_changes",
            "miss_in_words", "change_in_words", "other_changes_in_words", "cobuild_group",
        )  # fmt: skip
        read_only_fields = fields

    def get_nearest_miss(self, outcome: Outcome) -> dict[str, Any] | None:
        return self._told(outcome.nearest_miss)

    def get_change(self, outcome: Outcome) -> dict[str, Any] | None:
        return self._told(outcome.change)

    def get_other_changes(self, outcome: Outcome) -> list[dict[str, Any] | None]:
        return [self._told(change) for change in outcome.other_changes]

    def get_other_changes_in_words(self, outcome: Outcome) -> list[str]:
        return describe_other_changes(outcome)

    def get_miss_in_words(self, outcome: Outcome) -> str:
        return str(describe_miss(outcome))

    def get_change_in_words(self, outcome: Outcome) -> str:
        return str(describe_change(outcome))

    def get_cobuild_group(self, outcome: Outcome) -> int | None:
        group: int | None = self.context["groups"].get(outcome.demand_id)
        return group

    def _told(self, found: dict[str, Any]) -> dict[str, Any] | None:
        """Without the asset and its owner where the caller may not know of it."""
        if not found:
            return None
        seen = found.get("asset") in self.context["assets"]
        return {name: value if seen or name not in ("asset", "owner") else None for name, value in found.items()}


class OutcomeFilters(Filters):
    run = filters.NumberFilter(help_text="The run's id.")
    demand = filters.NumberFilter(help_text="The demand's id.")
    list = filters.NumberFilter(field_name="run__list", help_text="The list's id.")
    met = filters.BooleanFilter()
    reason = CodeFilter(help_text="The code of what was lacking.")

    class Meta:
        model = Outcome
        fields: tuple[str, ...] = ()


class OutcomeResource(SharingResource):
    """What each run found for each demand."""

    model = Outcome
    noun, nouns = "outcome", "outcomes"
    orderings = ("id",)
    serializer_class = OutcomeShown
    filterset_class = OutcomeFilters

    def shown(self, page: Sequence[Any]) -> Rows:
        parts = [(one.nearest_miss, one.change, *one.other_changes) for one in page]
        ids = {part.get("asset") for ones in parts for part in ones}
        seen = Asset.objects.visible_to(self.user).filter(pk__in=[pk for pk in ids if pk])
        groups = CobuildDemand.objects.visible_to(self.user).group_of(outcome.demand_id for outcome in page)
        context = self.get_serializer_context() | {
            "assets": set(seen.values_list("pk", flat=True)),
            "groups": groups,
        }
        return list(OutcomeShown(page, many=True, context=context).data)
