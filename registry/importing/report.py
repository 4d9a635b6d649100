"""What an import did, for people, for machines, and as a file of the rows that did not land."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.importing.intake import Intake, Remark
from registry.importing.markers import inert
from registry.importing.table import SourceTable

REJECT_HEADINGS = ("row", "column", "reason")
SHOWN = 10


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that did not land: its number in the source, the columns at fault, the reasons, and its own cells."""

    row: int
    column: str
    reason: str
    original: tuple[str, ...]


@dataclass(slots=True)
class ImportReport:
    """Of the source's `rows`: rows = created + updated + unchanged + len(rejects), always.

    `headings` are those of the rejected rows' original cells. `columns` says which heading filled which field.
    """

    format: str
    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejects: list[RejectedRow] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    headings: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    layer: str | None = None
    crs: str | None = None
    seconds: float = 0.0
    dry_run: bool = False
    landed_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints; warnings as {"row", "column", "text"}, row null for the whole file."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.rejects),
            "warnings": [{"row": w.row, "column": w.column, "text": w.text} for w in self.warnings],
            "encoding": self.encoding,
            "crs": self.crs,
            "seconds": round(self.seconds, 3),
        }

    def as_text(self) -> str:
        """The report for a person."""
        return "\n".join(
            [*self._source_lines(), *self._count_lines(), *_listed(self.rejects), *_remarks(self.warnings)]
        )

    def _source_lines(self) -> list[str]:
        read = [self.format]
        read += [_("layer %(layer)s") % {"layer": self.layer}] if self.layer else []
        read += [_("encoding %(encoding)s") % {"encoding": self.encoding}] if self.encoding else []
        read += [_("delimiter %(delimiter)s") % {"delimiter": _shown(self.delimiter)}] if self.delimiter else []
        read += [_("quotes %(quote)s") % {"quote": self.quote}] if self.quote else []
        read += [_("coordinates in %(crs)s") % {"crs": self.crs}] if self.crs else []
        used = ", ".join(f"{heading} → {target}" for target, heading in self.columns.items())
        lines = [_("Read as: %(source)s") % {"source": ", ".join(read)}, _("Columns: %(used)s") % {"used": used}]
        if self.unused:
            lines.append(_("Not used: %(unused)s") % {"unused": ", ".join(self.unused)})
        return lines

    def _count_lines(self) -> list[str]:
        counts = _(
            "%(rows)d rows: %(created)d created, %(updated)d updated, %(unchanged)d unchanged, %(rejected)d rejected"
            " in %(seconds).1f s"
        ) % {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.rejects),
            "seconds": self.seconds,
        }
        return [counts, _("Dry run: nothing was written.")] if self.dry_run else [counts]


def rejected_rows(intake: Intake, codes: Sequence[str] | None = None) -> tuple[tuple[str, ...], list[RejectedRow]]:
    """The headings and rows for the rejects file: the original cells, so that a corrected file can be sent again.

    The place of a map feature is added as `wkt`, in the source's own coordinates, and the code made for a row without
    one (`codes`) as its code, so that the row stays the same asset. A rejects file's own three columns are dropped.
    """
    table = intake.table
    own = len(REJECT_HEADINGS) if tuple(table.headings[:3]) == REJECT_HEADINGS else 0
    code_column = intake.recognised.columns.get("code")
    headings = [*table.headings[own:]]
    headings += ["code"] if codes is not None and code_column is None else []
    headings += ["wkt"] if table.geometry is not None else []
    rows = [RejectedRow(r.row, r.column, r.reason, tuple(r.original or ())[own:]) for r in table.rejects]
    for index, problems in intake.problems.items():
        cells = table.original(index)
        if codes is not None and code_column is not None and not cells[code_column.index].strip():
            cells[code_column.index] = codes[index]
        cells = cells[own:]
        cells += [codes[index]] if codes is not None and code_column is None else []
        cells += [_wkt(intake, index)] if table.geometry is not None else []
        columns = "; ".join(dict.fromkeys(column for column, _reason in problems if column))
        reasons = " ".join(dict.fromkeys(reason for _column, reason in problems))
        rows.append(RejectedRow(int(table.row_numbers[index]), columns, reasons, tuple(cells)))
    return tuple(headings), sorted(rows, key=lambda row: row.row)


def write_rejects(report: ImportReport, path: Path) -> None:
    """A CSV (UTF-8 with a byte order mark, for Excel) that can be corrected and imported again; no cell of it is a
    formula, whatever the file held."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECT_HEADINGS, *map(inert, report.headings)])
        writer.writerows([row.row, *map(inert, (row.column, row.reason, *row.original))] for row in report.rejects)


def new_report(intake: Intake) -> ImportReport:
    """A report of the source, before anything landed."""
    table = intake.table
    return ImportReport(
        format=table.format,
        rows=table.row_count,
        columns={target: column.heading for target, column in intake.recognised.columns.items()},
        unused=tuple(intake.recognised.unused),
        encoding=table.encoding,
        delimiter=table.delimiter,
        quote=table.quote,
        layer=table.layer,
    )


def _wkt(intake: Intake, index: int) -> str:
    table: SourceTable = intake.table
    place = None if table.geometry is None else table.geometry[index]
    if place is None:
        return ""
    stated = (table.crs or "").upper()
    srid = f"SRID={stated[5:]};" if stated.startswith("EPSG:") and intake.options.crs is None else ""
    return srid + str(shapely.to_wkt(place, rounding_precision=-1))


def _listed(rejects: Sequence[RejectedRow]) -> list[str]:
    lines = [
        _("  row %(row)d%(column)s: %(reason)s")
        % {"row": r.row, "column": f" [{r.column}]" if r.column else "", "reason": r.reason}
        for r in rejects[:SHOWN]
    ]
    return ([_("Rejected:")] if lines else []) + lines + _and_more(len(rejects))


def _remarks(warnings: Sequence[Remark]) -> list[str]:
    lines = [
        f"  {w.text}" if w.row is None else _("  row %(row)d: %(text)s") % {"row": w.row, "text": w.text}
        for w in warnings[:SHOWN]
    ]
    return ([_("Warnings:")] if lines else []) + lines + _and_more(len(warnings))


def _and_more(count: int) -> list[str]:
    more = count - SHOWN
    return [ngettext("  and %(n)d more", "  and %(n)d more", more) % {"n": more}] if more > 0 else []


def _shown(delimiter: str) -> str:
    return _("tab") if delimiter == "\t" else delimiter
