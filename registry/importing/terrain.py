"""A file of terrain areas into the registry: what new build has to go through, by class."""

import time
from dataclasses import dataclass
from pathlib import Path

from django.contrib.gis.geos import MultiPolygon
from django.db import transaction
from django.utils.translation import gettext as _

from registry.importing.areas import multi_polygon, read_shapes
from registry.importing.fields import import_field
from registry.importing.intake import Intake, Options, open_intake
from registry.importing.report import ImportReport, new_report, rejected_rows
from registry.importing.short_headings import shortened
from registry.importing.synonyms import TERRAIN
from registry.importing.table import Cells
from registry.models import Organization, TerrainArea

BATCH = 2000


@dataclass(frozen=True, slots=True)
class _Row:
    """What a file says of one area; blank cells, None here, leave what the registry knows."""

    code: str
    name: str | None
    terrain_class: str | None
    geometry: MultiPolygon | None


def import_terrain(path: Path, *, owner: Organization, options: Options, dry_run: bool = False) -> ImportReport:
    """Areas of an owner, known again by their codes, from a map file or a table with WKT. Raises UnreadableFile."""
    started = time.perf_counter()
    known = {target: (target, *shortened([target]), *headings) for target, headings in TERRAIN.items()}
    intake = open_intake(path, known, options)
    report = new_report(intake)
    report.dry_run = dry_run
    shapes, report.crs = read_shapes(intake)
    with transaction.atomic():
        stored = {area.code: area for area in TerrainArea.objects.filter(owner=owner).select_for_update()}
        report.created, report.updated, report.unchanged = _write(owner, stored, _rows(intake, shapes, stored))
        transaction.set_rollback(dry_run)
    report.headings, report.rejects = rejected_rows(intake)
    report.warnings = intake.warnings
    report.seconds = time.perf_counter() - started
    return report


def _rows(intake: Intake, shapes: Cells, stored: dict[str, TerrainArea]) -> list[_Row]:
    columns = {name: intake.values(import_field(TerrainArea, name)) for name in ("code", "name", "terrain_class")}
    rows: list[_Row] = []
    first: dict[str, int] = {}
    for index in range(len(intake.table)):
        cell = {name: None if cells is None else cells[index] for name, cells in columns.items()}
        code, area = str(cell["code"] or ""), multi_polygon(shapes[index])
        known = code in stored
        if not code:
            intake.refuse(index, "code", _("The row has no code."))
        elif code in first:
            row = int(intake.table.row_numbers[first[code]])
            intake.refuse(index, "code", _("Row %(row)d has the code %(code)s too.") % {"row": row, "code": code})
        if not (cell["terrain_class"] or known or intake.at_fault(index, "terrain_class")):
            intake.refuse(index, "terrain_class", _("The row has no terrain class."))
        if area is None and not intake.at_fault(index, "wkt") and (shapes[index] is not None or not known):
            intake.refuse(index, "wkt", _("Terrain is an area: a polygon, or several."))
        if index not in intake.problems:
            first[code] = index
            rows.append(_Row(code, cell["name"], cell["terrain_class"], area))
    return rows


def _write(owner: Organization, stored: dict[str, TerrainArea], rows: list[_Row]) -> tuple[int, int, int]:
    """Returns how many areas were created, updated, and already so."""
    created = [_filled(TerrainArea(owner=owner, code=row.code), row) for row in rows if row.code not in stored]
    differing = [row for row in rows if row.code in stored and _differs(row, stored[row.code])]
    TerrainArea.objects.bulk_create(created, batch_size=BATCH)
    changed = [_filled(stored[row.code], row) for row in differing]
    TerrainArea.objects.bulk_update(changed, ["name", "terrain_class", "geometry"], batch_size=BATCH)
    return len(created), len(changed), len(rows) - len(created) - len(changed)


def _filled(area: TerrainArea, row: _Row) -> TerrainArea:
    area.name, area.terrain_class = row.name or area.name, row.terrain_class or area.terrain_class
    if row.geometry is not None:
        area.geometry = row.geometry
    return area


def _differs(row: _Row, area: TerrainArea) -> bool:
    return (row.name or area.name, row.terrain_class or area.terrain_class) != (area.name, area.terrain_class) or (
        row.geometry is not None and not row.geometry.equals_exact(area.geometry)
    )
