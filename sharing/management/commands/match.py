"""manage.py match LIST: match a submitted demand list here and now, and say what came of it. With --what-if nothing is
kept, and what is said is how the list would fare with other wishes, prices or assets."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.api.what_if import WhatIfBody, what_if_of
from sharing.errors import Refusal
from sharing.matching.comparing import Difference
from sharing.matching.describing import describe_change, describe_miss
from sharing.models import UNFINISHED_RUNS, DemandList, Match, MatchRun, Outcome, RunStatus
from sharing.shown.comparison import shown
from sharing.tasks.matching import carry_out
from sharing.workflow import lists, trials

POLL_S = 0.2


class Command(BaseCommand):
    help = str(gettext_lazy("Match a submitted demand list and print what was found, and why not."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("list", type=int, help=_("the id of the demand list"))
        parser.add_argument(
            "--with",
            type=int,
            nargs="+",
            default=[],
            dest="competing",
            metavar="LIST",
            help=_("competing lists, matched at once: no party is served less so that another is served more"),
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--what-if",
            metavar="CHANGES",
            help=_("a JSON object, or a file with one, as the API takes it: lines, prices, assets, route_terms"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what_if"]:
            self._try(options["list"], options["what_if"], as_json=options["json"])
            return
        if options["competing"]:
            runs = self._run_together([options["list"], *options["competing"]])
            if options["json"]:
                self.stdout.write(json.dumps({"runs": [summary(run) for run in runs]}))
                return
            for run in runs:
                self.stdout.write(str(run.list))
                self._print(run)
            return
        run = self._run(options["list"])
        if options["json"]:
            self.stdout.write(json.dumps(summary(run)))
        else:
            self._print(run)

    def _run(self, list_id: int) -> MatchRun:
        """The list's unfinished run, else a new one, carried out here or, if a worker has it, waited for."""
        demand_list = self._list(list_id)
        run = demand_list.runs.filter(status__in=UNFINISHED_RUNS).order_by("pk").first()
        try:
            run = run or lists.rematch(demand_list, actor=None)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        run = carry_out(run.pk)
        while run.status in UNFINISHED_RUNS:
            time.sleep(POLL_S)
            run = carry_out(run.pk)
        if run.status == RunStatus.FAILED:
            raise CommandError(run.error)
        return run

    def _run_together(self, list_ids: list[int]) -> list[MatchRun]:
        """A run of each list, carried out at once, in the order of the lists."""
        found = [self._list(list_id) for list_id in dict.fromkeys(list_ids)]
        try:
            leader = lists.rematch_together(found, actor=None)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        done = carry_out(leader.pk)
        while done.status in UNFINISHED_RUNS:
            time.sleep(POLL_S)
            done = carry_out(leader.pk)
        if done.status == RunStatus.FAILED:
            raise CommandError(done.error)
        runs = MatchRun.objects.filter(pk__in=leader.parameters["together"]).select_related("list__party")
        by_list = {run.list_id: run for run in runs}
        return [by_list[demand_list.pk] for demand_list in found]

    def _try(self, list_id: int, changes: str, *, as_json: bool) -> None:
        body = WhatIfBody(data=_object(changes))
        if not body.is_valid():
            raise CommandError(json.dumps(body.errors, ensure_ascii=False, default=str))
        try:
            tried = shown(trials.try_out(self._list(list_id), what_if_of(body.validated_data)), None)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        if as_json:
            self.stdout.write(json.dumps(tried))
            return
        for side, name in (("before", _("As it is")), ("after", _("What if"))):
            self.stdout.write(
                _("%(name)s: %(matched)s of %(demands)s demands matched, cost a year %(cost)s.")
                % {"name": name, **tried[side]}
            )
        for line in tried["results"]:
            more = "" if line["costs_more"] is None else f"  {line['costs_more']:+.2f}"
            self.stdout.write(f"  {line['line']:>5}  {line['name']}  {Difference(line['difference']).label}{more}")

    def _list(self, list_id: int) -> DemandList:
        demand_list = DemandList.objects.filter(pk=list_id).first()
        if demand_list is None:
            raise CommandError(_("There is no demand list %(id)s.") % {"id": list_id})
        return demand_list

    def _print(self, run: MatchRun) -> None:
        figures = summary(run)
        self.stdout.write(_("Run %(run)s: %(matched)s of %(demands)s demands matched in %(seconds)s s.") % figures)
        self.stdout.write(_("Cost a year %(value)s, proven to be at least %(bound)s (gap %(gap).4f).") % figures)
        for kind, one in run.figures.get("fairness", {}).items():
            self.stdout.write(
                _(
                    "%(kind)s: %(share).0f %% served; the least share of %(parties)d parties is %(least).0f %%, and "
                    "could not be above %(bound).0f %%."
                )
                % {
                    "kind": kind, "parties": one["parties"], "share": 100 * one["share"],
                    "least": 100 * one["least_share"], "bound": 100 * one["least_share_bound"],
                }
            )  # fmt: skip
        self.stdout.write("")
        matches = Match.objects.filter(run=run, rank=1).select_related("demand").prefetch_related("legs__asset__owner")
        for match in matches.order_by("demand__line"):
            self.stdout.write(f"  {match.demand.line:>5}  {match.demand}  →  {_legs(match)}  {match.cost_per_year}")
        unmet = Outcome.objects.filter(run=run, met=False).select_related("demand").order_by("demand__line")
        for outcome in unmet:
            self.stdout.write(f"  {outcome.demand.line:>5}  {outcome.demand}  ✗  {describe_miss(outcome)}")
            if outcome.change:
                self.stdout.write(f"         {describe_change(outcome)}")


def _object(text: str) -> Any:
    """The JSON itself, or that of the file it names."""
    try:
        if not text.lstrip().startswith("{"):
            text = Path(text).read_text("utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise CommandError(_("--what-if takes a JSON object or a file with one: %(why)s") % {"why": error}) from error


def summary(run: MatchRun) -> dict[str, Any]:
    """What `--json` prints. value and bound: yearly cost of what is served, and the least it could be."""
    return {
        "run": run.pk,
        "demands": run.figures["demands"],
        "matched": run.figures["matched"],
        "unmatched": run.figures["unmatched"],
        "value": float(run.value or 0),
        "bound": float(run.bound or 0),
        "gap": run.gap,
        "seconds": run.figures["seconds"]["total"],
        **({"fairness": run.figures["fairness"]} if "fairness" in run.figures else {}),
    }


def _legs(match: Match) -> str:
    """Owners and codes of the assets, as far as the party may know them."""
    names = []
    for leg in match.legs.all():
        if leg.asset is None:
            names.append(_("new build"))
        elif leg.geometry is None:
            names.append(_("%(owner)s (an asset the owner must be asked about)") % {"owner": leg.asset.owner})
        else:
            names.append(f"{leg.asset.owner} {leg.asset.code} × {leg.quantity}")
    return ", ".join(names)
