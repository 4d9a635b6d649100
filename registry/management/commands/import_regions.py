from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from registry.importing.command import ImportCommand
from registry.importing.intake import Options
from registry.importing.regions import import_gbt2260, import_regions
from registry.importing.report import ImportReport


class Command(ImportCommand):
    help = "Load the packaged codes of GB/T 2260, or with FILE and --scheme other codes and boundaries."
    file_is_optional = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--scheme", help=_("scheme of the file's codes, such as iso3166-2 or insee"))

    def import_file(self, path: Path | None, reading: Options, **options: Any) -> ImportReport:
        if path is None:
            return import_gbt2260(dry_run=options["dry_run"])
        if not options["scheme"]:
            raise CommandError(_("State the scheme of the file's codes with --scheme."))
        return import_regions(path, scheme=options["scheme"], options=reading, dry_run=options["dry_run"])
