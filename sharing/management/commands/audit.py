import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sharing.audit import findings


class Command(BaseCommand):
    help = str(gettext_lazy("Look whether the ledger balances and every decision is recorded; exit code 1 if not."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        found = findings()
        if options["json"]:
            self.stdout.write(json.dumps({finding.claim.code: finding.faults for finding in found}))
        else:
            for finding in found:
                self.stdout.write(f"{'✓' if finding.holds else '✗'} {finding.claim.text}")
        wrong = [finding for finding in found if not finding.holds]
        if wrong:
            raise CommandError(
                ngettext("%(count)d claim does not hold.", "%(count)d claims do not hold.", len(wrong))
                % {"count": len(wrong)}
                + " "
                + ", ".join(f"{finding.claim.code}: {finding.faults}" for finding in wrong)
            )
