"""manage.py cobuild: group the unmet demands of all parties that could build together, and say what came of it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.models import Region
from sharing.models import CobuildGroup
from sharing.workflow.regrouping import Regrouped, regroup


class Command(BaseCommand):
    help = str(
        gettext_lazy("Group unmet demands that one new build or a planned facility would meet, and print them.")
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--region", metavar="CODE", help=_("print only the groups in this region"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        groups = self._groups(options["region"])
        done = regroup()
        assert done is not None, "a call that waits is carried out"
        printed = {**summary(done), "groups": [described(one) for one in groups]}
        if options["json"]:
            self.stdout.write(json.dumps(printed))
        else:
            self._print(printed)

    def _groups(self, code: str | None) -> QuerySet[CobuildGroup]:
        groups = CobuildGroup.objects.live().select_related("planned_facility", "region")
        groups = groups.annotate(parties=Count("members", distinct=True), demands=Count("members__demands"))
        if code is None:
            return groups.order_by("pk")
        region = Region.objects.filter(code=code).first()
        if region is None:
            raise CommandError(_("There is no region %(code)s.") % {"code": code})
        inside = {"region__scheme": region.scheme, "region__code__startswith": region.prefix}
        return groups.filter(**inside).order_by("pk")

    def _print(self, printed: dict[str, Any]) -> None:
        self.stdout.write(
            _("%(proposed)s groups proposed, %(kept)s kept, %(closed)s closed in %(seconds)s s.") % printed
        )
        for kind, figures in printed["kinds"].items():
            self.stdout.write(
                _("%(kind)s: %(demands)s unmet, %(value)s a year by new build (%(separate)s if nobody shared), proven "
                  "to be at least %(bound)s (gap %(gap).4f).")
                % {"kind": kind, **figures}
            )  # fmt: skip
        self.stdout.write("")
        for one in printed["groups"]:
            self.stdout.write(f"  {one['id']:>6}  {one['kind']}  {_words(one)}")


def summary(done: Regrouped) -> dict[str, Any]:
    """What `--json` prints beside the groups. Costs are a year; value is that of meeting all by new build."""
    return {
        "proposed": done.proposed,
        "kept": done.kept,
        "closed": done.closed,
        "seconds": round(done.seconds, 3),
        "kinds": {
            kind: {
                "demands": chosen.demands,
                "value": chosen.value / 100,
                "bound": chosen.bound / 100,
                "separate": chosen.separate / 100,
                "gap": chosen.gap,
            }
            for kind, chosen in done.chosen.items()
        },
    }


def described(group: Any) -> dict[str, Any]:
    return {
        "id": group.pk,
        "kind": group.kind,
        "status": group.status,
        "region": group.region.code if group.region else None,
        "facility": group.planned_facility.code if group.planned_facility else None,
        "request_by": group.planned_facility.request_by.isoformat() if group.planned_facility else None,
        "parties": group.parties,
        "demands": group.demands,
        "units": group.units,
        "cost_per_year": None if group.cost_per_year is None else float(group.cost_per_year),
        "apart_per_year": None if group.apart_per_year is None else float(group.apart_per_year),
    }


def _words(one: dict[str, Any]) -> str:
    if one["facility"]:
        return str(_("ask for %(units)s units in %(facility)s before %(request_by)s") % one)
    return str(
        _("%(parties)s parties, %(demands)s demands: %(cost_per_year).2f instead of %(apart_per_year).2f") % one
    )
