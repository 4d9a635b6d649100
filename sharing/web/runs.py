"""Runs of a list beside each other, and trials: what the list would get if one wish were another."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import Role
from registry.search import is_id
from registry.web.access import MemberRequest, members
from sharing import words
from sharing.errors import NotYours, Refusal
from sharing.matching import describing
from sharing.matching.comparing import Difference
from sharing.matching.what_if import of_change
from sharing.models import Demand, DemandList, MatchRun, Outcome, RunStatus
from sharing.shown.comparison import refuse_others, refuse_too_large, runs_compared, shown
from sharing.shown.refusals import answer
from sharing.web.demands import changes_of
from sharing.workflow import trials

TONES = {
    Difference.NEWLY_MET: "good",
    Difference.LOST: "bad",
    Difference.OTHER_ASSETS: "busy",
    Difference.OTHER_COST: "wait",
    Difference.SAME: "quiet",
}


@members
@require_safe
def compare(request: MemberRequest, pk: int) -> HttpResponse:
    """Two runs of a list, line by line, for its party; the two newest where none is chosen."""
    found = get_object_or_404(DemandList.objects.visible_to(request.user), pk=pk)
    try:
        refuse_others(found, request.user)
    except Refusal as refusal:
        return answer(request, refusal, reverse("web:demand-list", args=[pk]))
    runs = list(found.runs.filter(status=RunStatus.DONE).order_by("-pk")[:50])
    before, after = _chosen(request, runs, "before", 1), _chosen(request, runs, "after", 0)
    context: dict[str, Any] = {"list": found, "runs": runs, "before": before, "after": after}
    if before and after:
        start = request.GET.get("from_line", "1")
        first = int(start) if is_id(start) else 1
        context |= _told(runs_compared(before, after, request.user, all="all" in request.GET, from_line=first))
    return render(request, "web/runs_compared.html", context)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def try_change(request: MemberRequest, pk: int) -> HttpResponse:
    """What the list would get with one of the changes that its latest run found for a line; nothing of it is kept."""
    demand = get_object_or_404(Demand.objects.visible_to(request.user).select_related("list__party"), pk=pk)
    page = reverse("web:demand", args=[pk])
    if request.method != "POST":
        return HttpResponseRedirect(page)
    outcomes = Outcome.objects.visible_to(request.user).filter(demand=demand, run__status=RunStatus.DONE)
    outcome = outcomes.order_by("-run_id").first()
    number = request.POST.get("change", "")
    changes = changes_of(outcome) if outcome else []
    if not is_id(number) or int(number) >= len(changes):
        raise Http404
    change = changes[int(number)]
    what_if = of_change(demand, change)
    if what_if is None:
        raise Http404
    try:
        if demand.list.party_id not in request.user.organizations_as(Role.EDITOR):
            raise NotYours(_("Trials are for editors of the party."))
        refuse_too_large(demand.list)
        tried = trials.try_out(demand.list, what_if)
    except Refusal as refusal:
        return answer(request, refusal, page)
    context = {"list": demand.list, "demand": demand, "change": words.change(change)}
    return render(request, "web/trial.html", context | _told(shown(tried, request.user)))


def _chosen(request: MemberRequest, runs: list[MatchRun], name: str, otherwise: int) -> MatchRun | None:
    """The run that the address names, else one by its place among the newest."""
    wanted = request.GET.get(name, "")
    named = next((run for run in runs if wanted == str(run.pk)), None)
    return named or (runs[otherwise] if len(runs) > otherwise else None)


def _told(compared: dict[str, Any]) -> dict[str, Any]:
    """A comparison for the page: sums, numbers of lines by difference, and the lines with their words."""
    names = dict(Difference.choices)
    for line in compared["results"]:
        line["difference_name"] = names[line["difference"]]
        line["tone"] = TONES[Difference(line["difference"])]
        for side in (line["before"], line["after"]):
            if side and not side["met"]:
                side["reason"] = describing.reason(side["reason"])
    differences = [
        (names[code], count, TONES[Difference(code)]) for code, count in compared["differences"].items() if count
    ]
    return {"compared": compared, "differences": differences}
