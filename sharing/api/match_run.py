from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.problems import Problem
from registry.api.serializers import Body, Shown
from registry.filters import ChoicesFilter, Filters
from sharing.api.verbs import SharingResource
from sharing.api.what_if import Compared
from sharing.models import MatchRun, RunStatus
from sharing.shown.comparison import runs_compared


class RunShown(Shown[MatchRun]):
    """One execution of the engine over a list. `value`, `bound`: yearly costs; `gap`: the largest of
    (value - bound) / value, of the share of demands that might be served beyond those that are, and of what might be
    fairer between lists matched together; 0 where proven best."""

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


class CompareQuery(Body):
    all = serializers.BooleanField(default=False, help_text="Lines that are the same, too.")
    from_line = serializers.IntegerField(default=1, min_value=1, help_text="From this line of the list on.")


class RunResource(SharingResource):
    """The matching of lists, with its progress."""

    model = MatchRun
    noun, nouns = "match run", "match runs"
    orderings = ("-id",)
    serializer_class = RunShown
    filterset_class = RunFilters

    @extend_schema(
        responses={200: Compared},
        parameters=[
            OpenApiParameter("other", int, OpenApiParameter.PATH, description="Another run of the same list."),
            CompareQuery,
        ],
    )
    @action(detail=True, methods=["get"], url_path="compare/<int:other>")
    def compare(self, request: Request, id: int, other: int) -> Response:
        """Compare two runs of a list

        For members of its party. Line by line: newly met, lost, met by other assets or at another cost. A thousand
        lines at once.
        """
        query = self.asked(CompareQuery)
        before = self.get_object()
        after = get_object_or_404(self.get_queryset(), pk=other, list=before.list_id)
        for run in (before, after):
            if run.status != RunStatus.DONE:
                raise Problem("wrong_state", _("Run %(run)d is not done.") % {"run": run.pk})
        return Response(runs_compared(before, after, self.user, **query))
