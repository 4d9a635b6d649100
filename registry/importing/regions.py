"""Administrative divisions into the registry: GB/T 2260 as packaged, and other countries' codes from files."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.gis.geos import MultiPolygon
from django.db import connection, transaction
from django.utils.translation import gettext as _

from registry.importing.areas import multi_polygon, read_shapes
from registry.importing.fields import import_field
from registry.importing.intake import Intake, Options, open_intake
from registry.importing.report import ImportReport, new_report, rejected_rows
from registry.importing.synonyms import REGION
from registry.importing.table import Cells
from registry.models import Region
from registry.models.region import GB_T_2260

PACKAGED = Path(__file__).parent.parent / "data" / "regions_cn_gbt2260"
# The packaged list files Taiwan under 83; GB/T 2260 itself, and most files, say 71.
TAIWAN_ALIASES = {"710000": "830000"}
BATCH = 2000


@dataclass(slots=True)
class RegionRow:
    """What a source says of one region. `boundary` and a name of "" leave what the registry knows."""

    code: str
    name: str
    prefix: str
    retired: bool = False
    successors: list[str] = field(default_factory=list)
    boundary: MultiPolygon | None = None


def import_gbt2260(*, dry_run: bool = False) -> ImportReport:
    """The packaged codes of GB/T 2260: current ones, and retired ones with the current ones they became."""
    started = time.perf_counter()
    current, history, became = (
        json.loads((PACKAGED / f"{name}.json").read_text(encoding="utf-8")) for name in ("list", "history", "diff")
    )
    rows = [RegionRow(code, name, Region.prefix_of(GB_T_2260, code)) for code, name in current.items()]
    retired = {code: name for code, name in history.items() if code not in current}
    retired |= {alias: current[code] for alias, code in TAIWAN_ALIASES.items()}
    became |= {alias: [code] for alias, code in TAIWAN_ALIASES.items()}
    for code, name in retired.items():
        heirs = current_successors(code, became, current)
        rows.append(RegionRow(code, name, Region.prefix_of(GB_T_2260, code), retired=True, successors=heirs))
    report = ImportReport(format="GB/T 2260", rows=len(rows), encoding="utf-8", dry_run=dry_run)
    with transaction.atomic():
        report.created, report.updated, report.unchanged = _write(GB_T_2260, rows)
        transaction.set_rollback(dry_run)
    report.seconds = time.perf_counter() - started
    return report


def import_regions(path: Path, *, scheme: str, options: Options, dry_run: bool = False) -> ImportReport:
    """Codes of `scheme` from a table or a map file, whose areas become boundaries (repaired where invalid).

    A code is known again; a blank cell leaves what the registry knows. Raises UnreadableFile.
    """
    started = time.perf_counter()
    known = {target: (target, *headings) for target, headings in REGION.items()}
    intake = open_intake(path, known, options)
    report = new_report(intake)
    report.dry_run = dry_run
    boundaries, report.crs = read_shapes(intake)
    with transaction.atomic():
        rows = _rows(intake, scheme, boundaries)
        report.created, report.updated, report.unchanged = _write(scheme, rows)
        transaction.set_rollback(dry_run)
    report.headings, report.rejects = rejected_rows(intake)
    report.warnings = intake.warnings
    report.seconds = time.perf_counter() - started
    return report


def current_successors(code: str, became: Mapping[str, list[str]], current: Mapping[str, str]) -> list[str]:
    """The current codes that a retired one became, through any codes retired since.

    >>> current_successors("1", {"1": ["2", "3"], "2": ["4"]}, {"3": "", "4": ""})
    ['3', '4']
    """
    heirs: set[str] = set()
    seen, waiting = {code}, list(became.get(code, []))
    while waiting:
        heir = waiting.pop()
        if heir in current:
            heirs.add(heir)
        elif heir not in seen:
            seen.add(heir)
            waiting += became.get(heir, [])
    return sorted(heirs)


def _rows(intake: Intake, scheme: str, boundaries: Cells) -> list[RegionRow]:
    columns = {name: intake.values(import_field(Region, name)) for name in ("code", "name", "prefix", "retired")}
    successors = intake.texts("successor")
    rows: list[RegionRow] = []
    first: dict[str, int] = {}
    for index in range(len(intake.table)):
        cell = {name: None if cells is None else cells[index] for name, cells in columns.items()}
        code = str(cell["code"] or "")
        prefix = str(cell["prefix"] or Region.prefix_of(scheme, code))
        if not code:
            intake.refuse(index, "code", _("The row has no code."))
        elif code in first:
            row = int(intake.table.row_numbers[first[code]])
            intake.refuse(index, "code", _("Row %(row)d has the code %(code)s too.") % {"row": row, "code": code})
        elif scheme == GB_T_2260 and not (len(code) == 6 and code.isascii() and code.isdigit()):
            intake.refuse(index, "code", _("A code of GB/T 2260 has six digits."))
        elif not code.startswith(prefix):
            intake.refuse(index, "prefix", _("A prefix is what the code begins with."))
        boundary = multi_polygon(boundaries[index])
        if boundaries[index] is not None and boundary is None:
            intake.refuse(index, "wkt", _("A boundary is an area."))
        if index in intake.problems:
            continue
        first[code] = index
        heirs = str(successors[index] or "").replace(",", ";").split(";") if successors is not None else []
        named = [heir.strip() for heir in heirs if heir.strip()]
        rows.append(RegionRow(code, str(cell["name"] or ""), prefix, bool(cell["retired"] or named), named, boundary))
    return rows


def _write(scheme: str, rows: list[RegionRow]) -> tuple[int, int, int]:
    """Returns how many regions were created, updated, and already so."""
    stored = {region.code: region for region in Region.objects.filter(scheme=scheme).select_for_update()}
    heirs: dict[str, set[str]] = {code: set() for code in stored}
    for old, new in Region.successors.through.objects.filter(from_region__scheme=scheme).values_list(
        "from_region__code", "to_region__code"
    ):
        heirs[old].add(new)
    created = [row for row in rows if row.code not in stored]
    changed = [row for row in rows if row.code in stored and _differs(row, stored[row.code], heirs[row.code])]
    for row in changed:
        region = stored[row.code]
        region.name, region.prefix, region.retired = row.name or region.name, row.prefix, row.retired
        region.boundary = row.boundary or region.boundary
    made = [
        Region(
            scheme=scheme,
            code=row.code,
            name=row.name or row.code,
            prefix=row.prefix,
            retired=row.retired,
            boundary=row.boundary,
        )
        for row in created
    ]
    Region.objects.bulk_create(made, batch_size=BATCH)
    if len(made) > BATCH:
        # Statistics of a table that was just filled can say that it has one row: the links would be joined row by row.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {Region._meta.db_table}")
    fields = ["name", "prefix", "retired", "boundary"]
    Region.objects.bulk_update([stored[row.code] for row in changed], fields, batch_size=BATCH)
    _write_successors(scheme, [*created, *changed])
    return len(created), len(changed), len(rows) - len(created) - len(changed)


def _differs(row: RegionRow, region: Region, heirs: set[str]) -> bool:
    return (
        (row.name or region.name, row.prefix, row.retired) != (region.name, region.prefix, region.retired)
        or (row.boundary is not None and not (region.boundary and row.boundary.equals_exact(region.boundary)))
        or set(row.successors) != heirs
    )


def _write_successors(scheme: str, rows: list[RegionRow]) -> None:
    ids = dict(Region.objects.filter(scheme=scheme).values_list("code", "pk"))
    links = Region.successors.through
    links.objects.filter(from_region__in=[ids[row.code] for row in rows]).delete()
    links.objects.bulk_create(
        [
            links(from_region_id=ids[row.code], to_region_id=ids[heir])
            for row in rows
            for heir in row.successors
            if heir in ids
        ],
        batch_size=BATCH,
    )
