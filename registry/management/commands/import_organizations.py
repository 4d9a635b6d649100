from pathlib import Path
from typing import Any

from registry.importing.command import ImportCommand
from registry.importing.intake import Options
from registry.importing.organizations import import_organizations
from registry.importing.report import ImportReport


class Command(ImportCommand):
    help = "Create and update organizations from a file (docs/formats.md)."

    def import_file(self, path: Path, reading: Options, **options: Any) -> ImportReport:
        return import_organizations(path, options=reading, dry_run=options["dry_run"])
