from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from registry.importing.command import ImportCommand, find_organization
from registry.importing.intake import Options
from registry.importing.report import ImportReport
from sharing.errors import Refusal
from sharing.importing.demands import import_demands
from sharing.models import ListStatus
from sharing.workflow import lists


class Command(ImportCommand):
    help = "Put demands from a file into a draft list of a party, and submit it if asked to (docs/formats.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--party", required=True, metavar="CODE", help=_("code of the organization"))
        parser.add_argument("--title", required=True, help=_("title of the list"))
        parser.add_argument("--submit", action="store_true", help=_("submit the list, which starts its matching"))

    def import_file(self, path: Path, reading: Options, **options: Any) -> ImportReport:
        party = find_organization(options["party"])
        try:
            with transaction.atomic():
                report, demand_list = import_demands(
                    path,
                    party=party,
                    title=options["title"],
                    options=reading,
                    actor=None,
                    dry_run=options["dry_run"],
                )
                wanted = options["submit"] and not options["dry_run"]
                if wanted and demand_list is None:
                    raise CommandError(_("The list has no lines."))
                if demand_list and wanted and demand_list.status == ListStatus.DRAFT:
                    lists.submit(demand_list, actor=None)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        if demand_list and not options["json"]:
            self.stdout.write(_("List %(id)s: %(title)s") % {"id": demand_list.pk, "title": demand_list.title})
        return report
