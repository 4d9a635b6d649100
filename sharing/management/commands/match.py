"""manage.py match LIST: match a submitted demand list here and now, and say what came of it."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.errors import Refusal
from sharing.matching.describing import describe_change, describe_miss
from sharing.models import DemandList, Match, MatchRun, Outcome, RunStatus
from sharing.tasks.matching import carry_out
from sharing.workflow import lists

POLL_S = 0.2


class Command(BaseCommand):
    help = str(gettext_lazy("Match a submitted demand list and print what was found, and why not."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("list", type=int, help=_("the id of the demand list"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._run(options["list"])
        if options["json"]:
            self.stdout.write(json.dumps(summary(run)))
        else:
            self._print(run)

    def _run(self, list_id: int) -> MatchRun:
        """The list's unfinished run, else a new one, carried out here or, if a worker has it, waited for."""
        demand_list = DemandList.objects.filter(pk=list_id).first()
        if demand_list is None:
            raise CommandError(_("There is no demand list %(id)s.") % {"id": list_id})
        run = demand_list.runs.filter(status__in=lists.UNFINISHED).order_by("pk").first()
        try:
            run = run or lists.rematch(demand_list, actor=None)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        run = carry_out(run.pk)
        while run.status in lists.UNFINISHED:
            time.sleep(POLL_S)
            run = carry_out(run.pk)
        if run.status == RunStatus.FAILED:
            raise CommandError(run.error)
        return run

    def _print(self, run: MatchRun) -> None:
        figures = summary(run)
        self.stdout.write(_("Run %(run)s: %(matched)s of %(demands)s demands matched in %(seconds)s s.") % figures)
        self.stdout.write(_("Cost a year %(value)s, proven to be at least %(bound)s (gap %(gap).4f).") % figures)
        self.stdout.write("")
        matches = Match.objects.filter(run=run, rank=1).select_related("demand").prefetch_related("legs__asset__owner")
        for match in matches.order_by("demand__line"):
            self.stdout.write(f"  {match.demand.line:>5}  {match.demand}  →  {_legs(match)}  {match.cost_per_year}")
        unmet = Outcome.objects.filter(run=run, met=False).select_related("demand").order_by("demand__line")
        for outcome in unmet:
            self.stdout.write(f"  {outcome.demand.line:>5}  {outcome.demand}  ✗  {describe_miss(outcome)}")
            if outcome.change:
                self.stdout.write(f"         {describe_change(outcome)}")


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
