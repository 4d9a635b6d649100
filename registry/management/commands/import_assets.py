from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from registry.importing.assets import import_assets
from registry.importing.command import ImportCommand, find_organization
from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.kinds import Kind


class Command(ImportCommand):
    help = "Create and update the assets of an owner from a file (docs/formats.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", required=True, metavar="CODE", help=_("code of the organization"))
        parser.add_argument("--kind", required=True, choices=Kind.values)

    def import_file(self, path: Path, reading: Options, **options: Any) -> ImportReport:
        return import_assets(
            path,
            owner=find_organization(options["owner"]),
            kind=options["kind"],
            options=reading,
            dry_run=options["dry_run"],
            progress=(lambda stage: None) if options["json"] else self.progress,
        )
