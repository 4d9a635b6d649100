from dataclasses import asdict, fields
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry import printing
from registry.api.downloads import described
from registry.api.fields import OrganizationField
from registry.api.problems import Problem
from registry.api.renderers import PDF
from registry.api.serializers import ActionsField, Body, Shown
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter, SinceFilter, TextFilter
from registry.models import Role
from sharing.api.demand import PARTY_HOME, DemandBody, DemandShown
from sharing.api.verbs import SharingResource
from sharing.api.what_if import Compared, WhatIfBody, what_if_of
from sharing.matching.supply_near import Near, supply_near
from sharing.models import DemandList, ListStatus
from sharing.shown.comparison import refuse_too_large, shown
from sharing.shown.demand_lines import printed
from sharing.workflow import lists, trials

MOST_AT_ONCE = 5000
MOST_CHECKED = 500
NEAR = tuple(field.name for field in fields(Near))


class ListShown(Shown[DemandList]):
    """A construction-and-sharing demand list. Its lines are at /demands/?list=…; `latest_run` is its newest run. Where
    `change` is open, its title and its lines change."""

    party = OrganizationField(read_only=True)
    demands = serializers.IntegerField(source="demand_count", read_only=True, help_text="How many lines it has.")
    latest_run = serializers.SerializerMethodField()
    actions = ActionsField()

    class Meta:
        model = DemandList
        fields = (
            "id", "party", "title", "status", "demands", "latest_run", "created_at", "submitted_at", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_latest_run(self, demand_list: DemandList) -> int | None:
        return max((run.pk for run in demand_list.runs.all()), default=None)


class ListBody(Body):
    party = OrganizationField(help_text="The party's code.")
    title = serializers.CharField(max_length=200)


class ListChange(Body):
    title = serializers.CharField(max_length=200)


class LinesAdded(serializers.Serializer[Any]):
    results = DemandShown(many=True)


class LineChecked(serializers.Serializer[Any]):
    """Assets of the kind within reach of a line; of these those open to the party, technically fit, and free in the
    period. Null for a line that reaches farther than 20 km, which only the run looks at."""

    near = serializers.IntegerField(allow_null=True)
    open = serializers.IntegerField(allow_null=True)
    fit = serializers.IntegerField(allow_null=True)
    free = serializers.IntegerField(allow_null=True)


class LinesChecked(serializers.Serializer[Any]):
    """In the order of the array."""

    results = LineChecked(many=True)


class RunQueued(serializers.Serializer[Any]):
    """The matching that was queued: follow /match-runs/{run}/."""

    run = serializers.IntegerField()


class PrintAsked(Body):
    from_line = serializers.IntegerField(
        default=1, min_value=1, max_value=2**31, help_text="The first of the hundred, by number in the list's order."
    )


class ListFilters(Filters):
    status = ChoicesFilter(choices=ListStatus.choices)
    party = CodeFilter(field_name="party__code", help_text="The party's code.")
    region = RegionFilter("party__region", of=PARTY_HOME)
    since = SinceFilter("created_at", "submitted_at", what="made or submitted")
    q = TextFilter("title")

    class Meta:
        model = DemandList
        fields: tuple[str, ...] = ()


class ListResource(SharingResource):
    """What parties need. A draft is its party's own; once submitted, the region's regulators see it too."""

    model = DemandList
    noun, nouns = "demand list", "demand lists"
    orderings = ("-id", "created_at")
    serializer_class = ListShown
    filterset_class = ListFilters
    files: ClassVar = {"print_": [PDF]}

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        counted: QuerySet[Any] = queryset.select_related("party").annotate(demand_count=Count("demands"))
        return counted.prefetch_related("runs")

    def actions_on(self, subject: Any) -> list[str]:
        """Whoever reads a list may look what lines would find."""
        trials_open = ["check", "what-if"] if self._may_try(subject) else ["check"]
        return [*super().actions_on(subject), *trials_open]

    @extend_schema(request=ListBody)
    def create(self, request: Request) -> HttpResponseBase:
        """Draft a demand list

        For editors of the party.
        """
        values = self.given(ListBody)
        self.refuse_unless(values["party"].pk in self.user.organizations_as(Role.EDITOR))
        return self.done(lists.create(values["party"], title=values["title"], actor=self.user).pk, 201)

    @extend_schema(request=ListChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Rename a draft"""
        demand_list = self.locked()
        values = {"title": demand_list.title} | self.given(ListChange, partial=True)
        return self.done(lists.rename(demand_list, **values, actor=self.user).pk)

    @extend_schema(request=DemandBody(many=True), responses={201: LinesAdded})
    @action(detail=True, methods=["post"])
    def demands(self, request: Request, id: int) -> HttpResponseBase:
        """Add up to 5,000 lines to a draft

        All of them, or none and a report that points at every fault. Lines are numbered on from the last.
        """
        demand_list = self.unchanged()
        if not isinstance(request.data, list) or not 0 < len(request.data) <= MOST_AT_ONCE:
            raise Problem("bad_input", _("An array of 1 to %(most)d objects.") % {"most": MOST_AT_ONCE})
        values = self.given(DemandBody, many=True)
        made = lists.add_demands(demand_list, [DemandBody.made(one) for one in values], actor=self.user)
        # A draft's lines are in no co-build group.
        context = {**self.get_serializer_context(), "actions": lambda demand: ["change", "delete"], "groups": {}}
        return Response({"results": DemandShown(made, many=True, context=context).data}, status=201)

    @extend_schema(request=DemandBody(many=True), responses={200: LinesChecked})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, id: int) -> Response:
        """Look what lines would find

        Up to 500 of them, by the rules of the run itself; nothing is kept.
        """
        demand_list = self.unchanged(is_written=False)
        if not isinstance(request.data, list) or not 0 < len(request.data) <= MOST_CHECKED:
            raise Problem("bad_input", _("An array of 1 to %(most)d objects.") % {"most": MOST_CHECKED})
        lines = [DemandBody.made(one) for one in self.given(DemandBody, many=True)]
        found = supply_near(lines, demand_list.party)
        return Response({"results": [asdict(one) if one else dict.fromkeys(NEAR) for one in found]})

    @extend_schema(request=None, responses={202: RunQueued})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, id: int) -> Response:
        """Hand a draft in

        Its matching is queued at once.
        """
        return Response({"run": lists.submit(self.unchanged(), actor=self.user).pk}, status=202)

    @extend_schema(request=None, responses={202: RunQueued})
    @action(detail=True, methods=["post"])
    def rematch(self, request: Request, id: int) -> Response:
        """Match a list again

        What the new run proposes takes the place of what was proposed before.
        """
        return Response({"run": lists.rematch(self.unchanged(), actor=self.user).pk}, status=202)

    @extend_schema(request=WhatIfBody, responses={200: Compared})
    @action(detail=True, methods=["post"], url_path="what-if")
    def what_if(self, request: Request, id: int) -> Response:
        """Try other wishes, prices or assets

        The list's open lines are matched as they are and as they would be, line by line beside each other; nothing is
        kept. Core assets do not count, on either side: a line that only they meet is told as not met. For editors of
        the party, of drafts too; one trial of a party at a time. Lists of more than 1,000 lines for towers and rooms
        or 50 for routes are for `manage.py match --what-if`.
        """
        demand_list = self.unchanged(is_written=False)
        self.refuse_unless(self._may_try(demand_list))
        what_if = what_if_of(self.given(WhatIfBody))
        refuse_too_large(demand_list)
        return Response(shown(trials.try_out(demand_list, what_if), self.user))

    @extend_schema(responses=described([PDF.media_type], "The part."), parameters=[PrintAsked])
    @action(detail=True, methods=["get"], url_path="print")
    def print_(self, request: Request, id: int) -> HttpResponse:
        """Print a list

        A hundred lines with what came of each, as PDF.
        """
        first = self.asked(PrintAsked)["from_line"]
        return printing.attached(*printed(self.get_object(), first, self.standing))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, id: int) -> HttpResponseBase:
        """Make a list a draft again

        Possible while none of its matches is under way or in force.
        """
        return self.done(lists.reopen(self.unchanged(), actor=self.user).pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: int) -> HttpResponseBase:
        """Close a list

        Agreements that it led to live on.
        """
        return self.done(lists.close(self.unchanged(), actor=self.user).pk)

    def _may_try(self, demand_list: DemandList) -> bool:
        return demand_list.party_id in self.user.organizations_as(Role.EDITOR)
