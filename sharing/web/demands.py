"""Lines of demand lists: entered, changed, removed; and the page of one in depth: what came of it, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.kinds import KINDS, Kind
from registry.models import Asset, Role
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.places import collection
from registry.web.whereabouts import whereabouts
from sharing import words
from sharing.errors import BadInput, Refusal
from sharing.matching import describing
from sharing.matching.supply_near import supply_near
from sharing.matching.what_if import of_change
from sharing.models import CobuildDemand, Demand, DemandList, Match, MatchRun, MatchStatus, Outcome, RunStatus
from sharing.seen import Seen, list_of
from sharing.shown.buttons import Offer
from sharing.shown.match_page import LegRow, legs_of
from sharing.shown.places import demand_features, leg_features
from sharing.shown.refusals import answer
from sharing.web.demand_form import DemandForm
from sharing.web.demand_list import PER_PAGE
from sharing.web.verbs import offers, standing_of
from sharing.workflow import lists
from sharing.workflow.locks import lock_list
from sharing.workflow.rules import MATCH_FACTS, Verb, open_verbs


@members
@require_http_methods(["GET", "HEAD", "POST"])
def new_demand(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    """Another line of a draft. `again`: then one more of the kind."""
    found = _draft(request, pk)
    form = _form(request, found, kind)
    if request.method == "POST" and form.is_valid():
        try:
            [made] = lists.add_demands(found, [form.instance], actor=request.user)
        except BadInput as refusal:
            form.add_refusal(refusal)
        except Refusal as refusal:
            return answer(request, refusal, _page_of(found))
        else:
            messages.success(request, _("Line %(line)d added.") % {"line": made.line})
            here = reverse("web:demand-new", args=[pk, kind])
            return HttpResponseRedirect(here if "again" in request.POST else _page_with(found, made.line))
    return _edited(request, found, form)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def edit_demand(request: MemberRequest, pk: int) -> HttpResponse:
    """A line of a draft, to change."""
    with transaction.atomic():
        demand = _line(request, pk)
        if request.method == "POST":
            lock_list(demand.list_id)
            demand = _line(request, pk)
        form = _form(request, demand.list, demand.kind, demand)
        if request.method == "POST" and form.is_valid():
            try:
                lists.change_demand(form.instance, actor=request.user)
            except BadInput as refusal:
                form.add_refusal(refusal)
            except Refusal as refusal:
                return answer(request, refusal, _page_of(demand.list))
            else:
                messages.success(request, _("Line %(line)d changed.") % {"line": demand.line})
                return HttpResponseRedirect(_page_with(demand.list, demand.line))
    return _edited(request, demand.list, form)


@members
@require_POST
def remove_demand(request: MemberRequest, pk: int) -> HttpResponse:
    """Takes a line off a draft."""
    demand = _line(request, pk)
    try:
        lists.remove_demands(demand.list, [demand.pk], actor=request.user)
    except Refusal as refusal:
        return answer(request, refusal, _page_of(demand.list))
    messages.success(request, _("Line %(line)d removed: %(name)s.") % {"line": demand.line, "name": demand})
    return HttpResponseRedirect(_page_with(demand.list, demand.line))


@members
@require_POST
def check(request: MemberRequest, pk: int, kind: str) -> HttpResponse:
    """What is near the line that is being typed, as far as it is typed."""
    found = _draft(request, pk)
    form = _form(request, found, kind)
    form.is_valid()
    demand: Demand = form.instance
    placed = demand.origin and demand.destination if KINDS[kind].is_route else demand.location and demand.radius_m
    ready = bool(placed and demand.period and not form.errors)
    near = supply_near([demand], found.party)[0] if ready else None
    text = words.supply_near(demand, near) if near else ""
    context = {"demand": demand, "near": near, "text": text, "ready": ready, "placed": placed}
    return render(request, "web/demand_check.html", context)


def _draft(request: MemberRequest, pk: int) -> DemandList:
    return get_object_or_404(DemandList.objects.visible_to(request.user).select_related("party"), pk=pk)


def _line(request: MemberRequest, pk: int) -> Demand:
    """A line of a list that the person sees, since its page shows the others too."""
    lines = Demand.objects.filter(list__in=DemandList.objects.visible_to(request.user))
    return get_object_or_404(lines.select_related("list__party"), pk=pk)


def _page_of(demand_list: DemandList) -> str:
    return reverse("web:demand-list", args=[demand_list.pk])


def _page_with(demand_list: DemandList, line: int) -> str:
    """The page of the list on which this line stands, or stood."""
    number = demand_list.demands.filter(line__lt=line).count() // PER_PAGE + 1
    return _page_of(demand_list) + (f"?page={number}" if number > 1 else "")


def _form(request: MemberRequest, of: DemandList, kind: str, demand: Demand | None = None) -> DemandForm:
    """Raises Http404 for a kind that is none."""
    if kind not in KINDS:
        raise Http404
    places = (f"{end}{part}" for end in ("", "origin_", "destination_") for part in ("lon", "lat"))
    initial = {name: request.GET[name] for name in places if name in request.GET}
    return DemandForm(request.POST or None, kind=kind, of=of, instance=demand, initial=initial)


def _edited(request: MemberRequest, demand_list: DemandList, form: DemandForm) -> HttpResponse:
    demand: Demand = form.instance
    others = demand_list.demands.exclude(pk=demand.pk).order_by("line")[:200]
    shapes = collection(shape for other in others for shape in demand_features(other, role="planned"))
    context = {
        "list": demand_list,
        "form": form,
        "kind": form.kind,
        "kind_name": Kind(form.kind).label,
        "demand": demand,
        "is_route": KINDS[form.kind].is_route,
        "shapes": shapes,
        "around": None if shapes["features"] else whereabouts(request.user),
        "may_edit": Verb.EDIT in open_verbs(demand_list, standing_of(request)),
    }
    return render(request, "web/demand_form.html", context, status=400 if form.is_bound else 200)


@dataclass(frozen=True)
class MatchRow:
    """A way to meet the line. costs_more: a year, than the run's answer; None for the answer itself."""

    match: Match
    legs: Sequence[LegRow]
    costs_more: Any
    state: str
    parts: list[dict[str, Any]]
    offers: list[Offer]


@dataclass(frozen=True)
class ChangeRow:
    """A single change that would meet the line. number: its place, which a trial names; None where it takes more."""

    text: str
    number: int | None


@members
@require_safe
def demand(request: MemberRequest, pk: int) -> HttpResponse:
    """A line in depth."""
    lines = Demand.objects.visible_to(request.user).select_related("list__party")
    found = get_object_or_404(lines, pk=pk)
    runs = MatchRun.objects.visible_to(request.user).filter(list=found.list_id, status=RunStatus.DONE)
    run = runs.order_by("-pk").first()
    outcome = Outcome.objects.visible_to(request.user).filter(demand=found, run=run).first() if run else None
    rows = _match_rows(request, found, run)
    shown = rows[0].legs if rows else ()
    context = {
        "demand": found,
        "list": list_of(found, request.user),
        "facts": words.demand_facts(found),
        "twin": _twin(request, found),
        "outcome": outcome,
        "why": describing.reason(outcome.reason) if outcome and outcome.reason else "",
        "funnel": _funnel(outcome),
        "miss": _miss(request, outcome),
        "changes": _changes(request, found, outcome),
        "rows": rows,
        "group": CobuildDemand.objects.visible_to(request.user).group_of([found.pk]).get(found.pk),
        "shapes": collection([*demand_features(found), *leg_features(shown, found.kind)]),
    }
    return render(request, "web/demand.html", context)


def _match_rows(request: MemberRequest, demand: Demand, run: MatchRun | None) -> list[MatchRow]:
    """The matches of the latest run and those under way, those in force first, then by rank."""
    matches = Match.objects.visible_to(request.user).filter(demand=demand).exclude(status=MatchStatus.SUPERSEDED)
    found = sorted(matches.order_by("rank"), key=lambda match: (match.status == MatchStatus.PROPOSED, match.rank))
    for match in found:
        match.demand = demand
    prefetch_related_objects(found, *(fact for fact in MATCH_FACTS if fact != "demand__list"))
    seen = Seen.of(found, request.user)
    answers = {match.run_id: match.cost_per_year for match in found if match.rank == 1}
    return [
        MatchRow(
            match,
            legs_of(match, seen),
            match.cost_per_year - answers[match.run_id] if match.rank > 1 and match.run_id in answers else None,
            tag(match.status, match.get_status_display()),
            words.score_parts(match.score_parts),
            offers(request, match, only=Verb.REQUEST),
        )
        for match in found
    ]


def _twin(request: MemberRequest, demand: Demand) -> Demand | None:
    return Demand.objects.visible_to(request.user).filter(pk=demand.disjoint_from_id or 0).first()


def _funnel(outcome: Outcome | None) -> list[tuple[Any, str, int]]:
    """Stage, number, and its share of those near in percent."""
    if outcome is None:
        return []
    near = max(1, int(outcome.funnel.get("near", 0)))
    return [
        (name, words.number(outcome.funnel[stage]), round(100 * int(outcome.funnel[stage]) / near))
        for stage, name in words.STAGES.items()
        if stage in outcome.funnel
    ]


def _miss(request: MemberRequest, outcome: Outcome | None) -> str:
    if outcome is None or not outcome.nearest_miss:
        return ""
    asset = outcome.nearest_miss.get("asset")
    seen = Asset.objects.visible_to(request.user).filter(pk=asset).only("code", "name")
    return describing.nearest_asset_miss(outcome.nearest_miss, {one.pk: str(one) for one in seen})


def _changes(request: MemberRequest, demand: Demand, outcome: Outcome | None) -> list[ChangeRow]:
    """The smallest single change first; editors of the party can try each."""
    if outcome is None or outcome.met:
        return []
    may_try = demand.list.party_id in request.user.organizations_as(Role.EDITOR)
    return [
        ChangeRow(words.change(change), number if may_try and of_change(demand, change) else None)
        for number, change in enumerate(changes_of(outcome))
    ]


def changes_of(outcome: Outcome) -> list[Mapping[str, Any]]:
    """The single changes that would meet a line, the smallest first; numbered as trials name them."""
    return [change for change in (outcome.change, *outcome.other_changes) if change]
