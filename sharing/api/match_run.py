from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.filters import ChoicesFilter, Filters
from registry.api.serializers import Shown
from sharing.api.verbs import SharingResource
from sharing.models import MatchRun, RunStatus


class RunShown(Shown[MatchRun]):
    """One execution of the engine over a list. `value`, `bound`: yearly costs; `gap`: (value - bound) / value."""

    parameters = serializers.DictField(read_only=True)
    figures = serializers.DictField(read_only=True, help_text="Counts, and seconds of each step.")

    class Meta:
        model = MatchRun
        fields = (
            "id", "list", "status", "progress", "parameters", "figures", "value", "bound", "gap", "error",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class RunFilters(Filters):
    list = filters.NumberFilter(help_text="The list's id.")
    status = ChoicesFilter(choices=RunStatus.choices)

    class Meta:
        model = MatchRun
        fields: tuple[str, ...] = ()


class RunResource(SharingResource):
    """The matching of lists, with its progress."""

    model = MatchRun
    noun, nouns = "match run", "match runs"
    orderings = ("-id",)
    serializer_class = RunShown
    filterset_class = RunFilters
