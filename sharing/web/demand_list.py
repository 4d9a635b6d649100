"""The page of one demand list: a draft with its lines to edit, the progress of its run, and what came of each line."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from registry.exports.formats import FORMATS
from registry.kinds import ROUTE_KINDS, Kind
from registry.models import User
from registry.search import is_id
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.places import collection
from registry.web.whereabouts import whereabouts
from registry.whence import page_named
from sharing.matching.supply_near import supply_near
from sharing.models import (
    UNFINISHED_RUNS,
    Demand,
    DemandList,
    ListStatus,
    Match,
    MatchRun,
    Outcome,
    RunStatus,
)
from sharing.shown.comparison import may_compare
from sharing.shown.demand_lines import LINES_PRINTED, LineRow, figures, line_rows
from sharing.shown.places import demand_point, leg_features
from sharing.shown.refusals import with_way_on
from sharing.waiting_for import to_request
from sharing.web.uploads import sent_for
from sharing.web.verbs import offers, standing_of
from sharing.workflow import matches
from sharing.workflow.matches import MOST_AT_ONCE
from sharing.workflow.rules import Verb, open_verbs

PER_PAGE = 25
MOST_PARTS = 12
"""Parts to print that have a link each; of a longer list a part is asked for by its first line."""


class LineFilter(Form):
    """What the lines are narrowed to; what is wrong narrows nothing."""

    state = forms.ChoiceField(
        label=gettext_lazy("Lines"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            ("met", gettext_lazy("met")),
            ("unmet", gettext_lazy("not met")),
            ("request", gettext_lazy("to request")),
        ],
    )
    q = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )

    def chosen(self, demand_list: DemandList, run: MatchRun | None, user: User) -> QuerySet[Demand]:
        """The lines of the list as this run answered them, in their order."""
        self.is_valid()
        rows = demand_list.demands.order_by("line")
        if self.cleaned_data.get("q"):
            rows = rows.filter(name__ilike=self.cleaned_data["q"])
        met = Exists(Outcome.objects.filter(demand=OuterRef("pk"), run=run, met=True)) | Exists(
            Match.objects.filter(demand=OuterRef("pk")).live()
        )
        match self.cleaned_data.get("state"):
            case "met":
                rows = rows.filter(met)
            case "unmet":
                rows = rows.filter(~Q(met))
            case "request":
                rows = rows.filter(pk__in=to_request(user).order_by().values("demand"))
        return rows


class Page:
    """What the page of a list knows, read once. The number of queries does not depend on how many lines there are."""

    def __init__(self, request: MemberRequest, pk: int) -> None:
        self.request, self.user = request, request.user
        lists = DemandList.objects.visible_to(self.user).select_related("party", "created_by")
        self.list: DemandList = get_object_or_404(lists, pk=pk)

    @cached_property
    def runs(self) -> list[MatchRun]:
        """The latest runs, the newest first."""
        return list(self.list.runs.order_by("-pk")[:20])

    @property
    def run(self) -> MatchRun | None:
        """The newest that is done."""
        return next((run for run in self.runs if run.status == RunStatus.DONE), None)

    @property
    def under_way(self) -> MatchRun | None:
        return next((run for run in self.runs if run.status in UNFINISHED_RUNS), None)

    @property
    def failed(self) -> MatchRun | None:
        """The newest, where it was given up."""
        return self.runs[0] if self.runs and self.runs[0].status == RunStatus.FAILED else None

    @property
    def comparable(self) -> bool:
        done = [run for run in self.runs if run.status == RunStatus.DONE]
        return len(done) > 1 and may_compare(self.list, self.request.user)

    @cached_property
    def may_edit(self) -> bool:
        return Verb.EDIT in open_verbs(self.list, standing_of(self.request))

    def rows(self, demands: Sequence[Demand]) -> list[LineRow]:
        """The lines with what came of them."""
        return line_rows(self.list, self.run, demands, standing_of(self.request))

    def near_rows(self, demands: Sequence[Demand]) -> list[LineRow]:
        """The lines with what is near them now."""
        near = supply_near(demands, self.list.party)
        return [LineRow(demand, near=one, checked=True) for demand, one in zip(demands, near, strict=True)]


@members
@require_safe
def demand_list(request: MemberRequest, pk: int) -> HttpResponse:
    page = Page(request, pk)
    draft = page.list.status == ListStatus.DRAFT
    narrowing = LineFilter(request.GET)
    lines = Paginator(narrowing.chosen(page.list, page.run, request.user), PER_PAGE)
    shown_page = lines.get_page(request.GET.get("page"))
    whole = page.list.demands.count() if narrowing.changed_data else lines.count
    demands = list(shown_page.object_list)
    rows = [LineRow(demand) for demand in demands] if draft else page.rows(demands)
    shapes = collection(shape for row in rows for shape in _shapes(row, draft))
    context = {
        "list": page.list,
        "draft": draft,
        "lines": whole,
        "may_edit": page.may_edit,
        "status_tag": tag(page.list.status, page.list.get_status_display()),
        "offers": offers(request, page.list),
        "filter": narrowing,
        "page": shown_page,
        "rows": rows,
        "run": page.run,
        "run_figures": figures(page.run),
        "under_way": page.under_way,
        "failed": page.failed,
        "comparable": page.comparable,
        "shapes": shapes,
        "around": None if shapes["features"] else whereabouts(request.user),
        "requestable": any(row.requestable for row in rows),
        "tried": _tried(request.GET),
        "kinds": Kind.choices,
        "route_kinds": ROUTE_KINDS,
        "parts": _parts(whole),
        "most_parts": MOST_PARTS,
        "lines_printed": LINES_PRINTED,
        "line_formats": [name for name in ("csv", "xlsx", "geojson", "gpkg") if whole <= FORMATS[name].at_once],
        "row_formats": ("csv", "xlsx"),
        "uploads": sent_for(page.list, request.user),
    }
    return render(request, "web/demand_list.html", context)


@members
@require_safe
def near(request: MemberRequest, pk: int) -> HttpResponse:
    """The lines of one page of a draft again, with what is near each now."""
    page = Page(request, pk)
    lines = Paginator(page.list.demands.order_by("line"), PER_PAGE).get_page(request.GET.get("page"))
    rows = page.near_rows(list(lines.object_list))
    return render(request, "web/draft_lines.html", {"list": page.list, "rows": rows, "may_edit": page.may_edit})


@members
@require_safe
def progress(request: MemberRequest, pk: int) -> HttpResponse:
    """How far the matching has come; the whole page anew once it is done."""
    page = Page(request, pk)
    if page.under_way is None:
        return HttpResponseClientRefresh()
    return render(request, "web/run_progress.html", {"list": page.list, "under_way": page.under_way})


@members
@require_POST
def request_many(request: MemberRequest, pk: int) -> HttpResponse:
    """Requests the chosen proposals of a list, or all that wait; each stands or falls alone.

    Who asks again for the rest of all goes on after those that were tried: where these cannot be had, they wait still,
    and would come first each time.
    """
    page, back = Page(request, pk), reverse("web:demand-list", args=[pk])
    waiting = to_request(request.user).filter(demand__list=page.list)
    if "all" in request.POST:
        waiting = waiting.filter(pk__gt=_tried(request.POST))
    else:
        ids = [int(text) for text in request.POST.getlist("match") if is_id(text)]
        waiting = waiting.filter(pk__in=ids)
    wanted = list(waiting.select_related("demand")[: MOST_AT_ONCE + 1])
    result = matches.request_many([match.pk for match in wanted[:MOST_AT_ONCE]], actor=request.user)
    if done := len(result.done):
        text = ngettext(
            "%(n)d line requested: its units are held, its owners are asked.",
            "%(n)d lines requested: their units are held, their owners are asked.",
            done,
        )
        messages.success(request, text % {"n": done})
    refused = [(match, result.failed[match.pk]) for match in wanted if match.pk in result.failed]
    for match, why in refused[:5]:
        said = _("%(name)s: %(value)s") % {"name": match.demand, "value": why.message}
        messages.warning(request, with_way_on(said, why))
    if len(refused) > 5:
        messages.warning(request, _("and %(n)d more were not requested.") % {"n": len(refused) - 5})
    if len(wanted) > MOST_AT_ONCE:
        messages.info(request, _("%(n)d are requested at a time: ask again for the rest.") % {"n": MOST_AT_ONCE})
        return HttpResponseRedirect(f"{back}?tried={wanted[MOST_AT_ONCE - 1].pk}")
    if not wanted:
        messages.info(request, _("Choose lines that are to be requested."))
    # The page that is named would go on after those that were tried, though all were by now.
    return HttpResponseRedirect(back if "tried" in request.POST else page_named(request, back))


def _tried(given: QueryDict) -> int:
    """The last proposal that was tried when all were requested, which they are in the order of their ids."""
    tried = given.get("tried", "")
    return int(tried) if is_id(tried) else 0


def _shapes(row: LineRow, draft: bool) -> list[dict[str, Any]]:
    met = row.match is not None
    role = "demand" if draft else "good" if met else "wait"
    href = reverse("web:demand", args=[row.demand.pk])
    return [*leg_features(row.legs, row.demand.kind, marked=False), *demand_point(row.demand, role=role, href=href)]


def _parts(lines: int) -> list[tuple[int, int]]:
    """First and last line of each part that is printed at once."""
    return [(first, min(first + LINES_PRINTED - 1, lines)) for first in range(1, lines + 1, LINES_PRINTED)]
