"""A file of assets into the registry: columns to typed values, staged, checked and merged as one set."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.importing.asset_merge import Merge, UseRefused
from registry.importing.exported import refuse_masked, refuse_other_kinds
from registry.importing.fields import DETAILS, ImportField, asset_fields, detail_fields
from registry.importing.headings import asset_headings
from registry.importing.intake import Intake, Options, open_intake
from registry.importing.places import check_extent, has_places, place_codes, read_places
from registry.importing.region_codes import read_regions
from registry.importing.report import ImportReport, new_report, rejected_rows
from registry.importing.staging import StagedColumn
from registry.importing.table import Cells, UnreadableFile
from registry.kinds import KINDS
from registry.models import Organization
from registry.models.region import GB_T_2260

# West, south, east, north of the countries whose region codes say which country they are of, in degrees.
SCHEME_EXTENTS = {GB_T_2260: (73.4, 3.4, 135.1, 53.6)}
USED_UNITS = ImportField("used_units", "integer", sql_type="integer", minimum=0, maximum=2**31 - 1)
CODE_LENGTH, NAME_LENGTH = 80, 200

Progress = Callable[[str], None]


@dataclass(slots=True)
class _Columns:
    """The staged columns of a file, and what was made up for them."""

    staged: dict[str, StagedColumn]
    codes: list[str]
    geometry: Cells
    crs: str | None


def import_assets(
    path: Path,
    *,
    owner: Organization,
    kind: str,
    options: Options,
    dry_run: bool = False,
    progress: Progress = lambda stage: None,
    keep: Callable[[ImportReport], None] = lambda report: None,
) -> ImportReport:
    """Create or update the assets of `owner` from the file at `path`; good rows land, the others are in the report.

    An asset is known again by its code; a blank cell leaves what the registry knows. All that lands, lands in one
    transaction, with what `keep` writes of the report; `dry_run` undoes all but that. `progress` is called with what
    begins. Raises UnreadableFile when the file as a whole cannot be used; then nothing is written.
    """
    started = time.perf_counter()
    progress(_("Reading %(name)s") % {"name": path.name})
    intake = open_assets(path, kind, options)
    progress(
        ngettext("Checking %(count)d row", "Checking %(count)d rows", intake.table.row_count)
        % {"count": intake.table.row_count}
    )
    columns = _read_columns(intake, owner, kind)
    report = new_report(intake)
    report.crs, report.dry_run = columns.crs, dry_run
    progress(_("Writing"))
    with transaction.atomic():
        with transaction.atomic():
            report.created, report.updated, report.unchanged = _merge(intake, columns, owner, kind, path)
            transaction.set_rollback(dry_run)
        report.landed_at = None if dry_run else _moment()
        report.headings, report.rejects = rejected_rows(intake, columns.codes)
        report.warnings = intake.warnings
        report.seconds = time.perf_counter() - started
        keep(report)
    return report


def _moment() -> datetime:
    """Of this transaction: the created_at of all that it wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchall()[0][0]
    return moment


def open_assets(path: Path, kind: str, options: Options) -> Intake:
    """The rows of a file of assets, under the headings that are known of `kind`. Raises UnreadableFile."""
    known = asset_headings(kind)
    return open_intake(
        path,
        known,
        _with_known_names(options, known),
        preferred=kind,
        geometry_type=KINDS[kind].geometry,
        settable=frozenset({"source"}),
    )


def _with_known_names(options: Options, known: dict[str, tuple[str, ...]]) -> Options:
    """`--set mounts=4` or `--map 芯数=cores_total` name the field by a known heading of it as well."""
    names = {heading: target for target, headings in reversed(known.items()) for heading in headings}
    return replace(
        options,
        constants={names.get(field, field): value for field, value in options.constants.items()},
        mapping={source: names.get(field, field) for source, field in options.mapping.items()},
    )


def _read_columns(intake: Intake, owner: Organization, kind: str) -> _Columns:
    count = len(intake.table)
    if not has_places(intake) and "code" not in intake.recognised.columns:
        raise UnreadableFile(
            _("No column of places or codes was recognised among: %(headings)s. Name them with --map.")
            % {"headings": ", ".join(intake.table.headings)}
        )
    refuse_other_kinds(intake, kind)
    if has_places(intake):
        refuse_masked(intake)
    given = intake.texts("code", max_length=CODE_LENGTH)
    if given is None:
        given = np.full(count, None, dtype=object)
    geometry, crs = np.full(count, None, dtype=object), None
    if has_places(intake):
        geometry, crs = read_places(intake, KINDS[kind].geometry)
    if owner.region.scheme in SCHEME_EXTENTS:
        check_extent(intake, geometry, SCHEME_EXTENTS[owner.region.scheme])
    unnamed = np.array([code is None for code in given], dtype=bool)
    made = place_codes(geometry, unnamed)
    codes = np.array([code or made[n] or None for n, code in enumerate(given)], dtype=object)
    specs = asset_fields() | detail_fields(kind) | {"used_units": USED_UNITS}
    for index in np.flatnonzero([code is None for code in codes]):
        if index not in intake.problems:
            intake.refuse(int(index), "code", _("The row has neither a place nor a code."))
    staged = {"code": StagedColumn("text", codes), "geometry": StagedColumn("geometry", geometry)}
    staged["region_id"] = StagedColumn("bigint", _region_ids(intake, owner))
    staged |= {name: StagedColumn(spec.sql_type, intake.values(spec)) for name, spec in specs.items()}
    staged["name"] = StagedColumn("text", _names(intake))
    _check_capacity(intake, staged)
    _refuse_repeated(intake, codes)
    return _Columns(staged, made, geometry, crs)


def _region_ids(intake: Intake, owner: Organization) -> Cells | None:
    texts = intake.texts("region")
    if texts is None:
        return None
    readings = read_regions((text for text in texts if text is not None), owner.region.scheme, owner.region)
    ids = np.full(len(texts), None, dtype=object)
    for index, text in enumerate(texts):
        if text is None:
            continue
        reading = readings[text]
        if reading.region is None:
            intake.refuse(index, "region", reading.error)
        else:
            ids[index] = reading.region.pk
        if reading.remark:
            intake.warn(reading.remark, index, "region")
    return ids


def _names(intake: Intake) -> Cells | None:
    """Names as the registry holds them: maps repeat one name for each circuit (`A;A;B`), and what is too long even
    without the repetitions is cut, with a warning, since a name identifies nothing."""
    names = intake.texts("name")
    if names is None:
        return None
    for index, name in enumerate(names.tolist()):
        if name is not None and len(name) > NAME_LENGTH:
            short = ";".join(dict.fromkeys(part.strip() for part in name.split(";")))
            if len(short) > NAME_LENGTH:
                short = short[: NAME_LENGTH - 1] + "…"
                intake.warn(_("The name was cut to %(most)d characters.") % {"most": NAME_LENGTH}, index, "name")
            names[index] = short
    return names


def _check_capacity(intake: Intake, staged: dict[str, StagedColumn]) -> None:
    capacity, used = staged["capacity"].values, staged["used_units"].values
    if capacity is not None and used is not None:
        for index, (units, taken) in enumerate(zip(capacity, used, strict=True)):
            if units is not None and taken is not None and taken > units:
                intake.refuse(
                    index, "used_units", _("%(used)d units in use of %(units)d.") % {"used": taken, "units": units}
                )


def _refuse_repeated(intake: Intake, codes: Cells) -> None:
    """Of rows with one code the first good one lands; the others are refused, naming it."""
    if len(set(codes)) == len(codes):
        return
    first: dict[str, int] = {}
    for index, code in enumerate(codes):
        if index in intake.problems or code is None:
            continue
        if code in first:
            row = int(intake.table.row_numbers[first[code]])
            intake.refuse(index, "code", _("Row %(row)d has the code %(code)s too.") % {"code": code, "row": row})
        else:
            first[code] = index


def _merge(intake: Intake, columns: _Columns, owner: Organization, kind: str, path: Path) -> tuple[int, int, int]:
    """Merge the good rows; rows that SQL refuses join the problems. Returns created, updated, unchanged."""
    source = intake.options.constants.get("source", path.name)[:200]
    while True:
        merge = Merge(owner=owner, kind=kind, details=DETAILS[kind], source=source)
        try:
            with transaction.atomic():
                merge.prepare(columns.staged, intake.good())
                for finding in merge.findings():
                    intake.refuse(finding.index, finding.column, finding.reason)
                remarks = list(merge.remarks())
                counts = merge.write()
        except UseRefused as refused:
            for index, reason in refused.reasons.items():
                intake.refuse(index, "used_units", reason)
            continue
        for remark in remarks:
            intake.warn(remark.reason, remark.index, remark.column)
        if merge.assumed_capacity:
            intake.warn(
                ngettext(
                    "%(count)d new asset has no capacity in the file; one unit was assumed (state it with --set).",
                    "%(count)d new assets have no capacity in the file; one unit was assumed (state it with --set).",
                    merge.assumed_capacity,
                )
                % {"count": merge.assumed_capacity}
            )
        return counts
