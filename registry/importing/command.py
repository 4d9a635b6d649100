"""What the import commands share: options, progress, the report, the rejects file."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from registry.importing.headings import nearest
from registry.importing.intake import Options
from registry.importing.report import ImportReport, write_rejects
from registry.importing.table import UnreadableFile
from registry.models import Organization


class ImportCommand(BaseCommand):
    """`import_file` does the work; its report goes to standard output, progress to standard error."""

    file_is_optional = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?" if self.file_is_optional else None)
        parser.add_argument("--layer", help=_("sheet of a workbook, or layer of a map file"))
        parser.add_argument("--crs", help=_("coordinate system of the file: EPSG:n, gcj02 or bd09"))
        parser.add_argument("--encoding", help=_("encoding of the text, where the detected one is wrong"))
        parser.add_argument(
            "--map", action="append", default=[], metavar="SOURCE=TARGET", help=_("this column fills that field")
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help=_("the value where the file has none")
        )
        parser.add_argument("--dry-run", action="store_true", help=_("check everything, write nothing"))
        parser.add_argument("--rejects", type=Path, help=_("write the rejected rows to this CSV file"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        rejects: Path | None = options["rejects"]
        if rejects and not _can_be_written(rejects):
            raise CommandError(_("%(path)s cannot be written: name another file for --rejects.") % {"path": rejects})
        try:
            report = self.import_file(options["file"], _read_options(options), **options)
        except UnreadableFile as error:
            raise CommandError(str(error)) from error
        if rejects:
            write_rejects(report, rejects)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        self.stdout.write(report.as_text())
        if report.rejects and rejects:
            self.stdout.write(
                _("The rejected rows are in %(path)s: correct them there and import that file.") % {"path": rejects}
            )

    def import_file(self, path: Any, reading: Options, **options: Any) -> ImportReport:
        raise NotImplementedError

    def progress(self, stage: str) -> None:
        self.stderr.write(f"{stage} …")


def find_organization(code: str) -> Organization:
    """Raises CommandError, with the nearest codes, when there is no such organization."""
    found = Organization.objects.select_related("region").filter(code=code).first()
    if found is None:
        codes = list(Organization.objects.values_list("code", flat=True))
        message = _("There is no organization “%(code)s”") % {"code": code}
        raise CommandError(message + (nearest(code, codes) or "."))
    return found


def _read_options(options: dict[str, Any]) -> Options:
    return Options(
        layer=options["layer"],
        crs=options["crs"],
        encoding=options["encoding"],
        mapping=_pairs(options["map"], "--map"),
        constants=_pairs(options["set"], "--set"),
    )


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    """A heading may hold an equals sign; a field name does not."""
    pairs = {}
    for text in texts:
        left, equals, right = text.rpartition("=") if option == "--map" else text.partition("=")
        if not equals:
            raise CommandError(
                _("%(option)s needs two sides of an equals sign: %(text)s") % {"option": option, "text": text}
            )
        pairs[left.strip()] = right.strip()
    return pairs


def _can_be_written(path: Path) -> bool:
    """Said before anything lands, as the rows that do not are lost otherwise."""
    return os.access(path, os.W_OK) if path.is_file() else not path.exists() and os.access(path.parent, os.W_OK)
