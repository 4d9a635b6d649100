from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from registry.importing.command import ImportCommand, find_organization
from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.importing.terrain import import_terrain


class Command(ImportCommand):
    help = "Create and update the terrain areas of an owner from a file (docs/formats.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", required=True, metavar="CODE", help=_("code of the organization"))

    def import_file(self, path: Path, reading: Options, **options: Any) -> ImportReport:
        owner = find_organization(options["owner"])
        return import_terrain(path, owner=owner, options=reading, dry_run=options["dry_run"])
