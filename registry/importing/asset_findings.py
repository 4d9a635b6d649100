"""What stands against staged rows, asked of the database as sets before anything is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from psycopg import sql

from registry.kinds import LOADS
from registry.models import Asset, EquipmentRoom
from registry.refusals import FIELD_OF, SENTENCES

Execute = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement on the merged rows, named parts composed in; `Merge._execute`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the row at `index` of its file; `column` is the field it concerns, "" for the row's place."""

    index: int
    column: str
    reason: str


def findings(execute: Execute, details: type[models.Model]) -> list[Finding]:
    """Why rows of the merged table cannot be written."""
    return [
        *_wrong_kinds(execute),
        *_swapped_regions(execute),
        *_without_place(execute),
        *_broken_checks(execute, details),
        *_held_units(execute),
        *_beyond_cooling(execute, details),
    ]


def out_of_region(execute: Execute) -> list[Finding]:
    """Rows whose place is not in their region, where the region has a boundary."""
    rows = execute(
        """
        SELECT m.idx, r.code FROM {merged} AS m JOIN {region} AS r ON r.id = m.region_id
        WHERE r.boundary IS NOT NULL AND NOT ST_Intersects(r.boundary, m.geometry) ORDER BY m.idx
        """
    )
    reason = _("The place lies outside the region %(code)s.")
    return [Finding(index, "", reason % {"code": code}) for index, code in rows]


def _wrong_kinds(execute: Execute) -> Iterator[Finding]:
    rows = execute("SELECT idx, code, old_kind FROM {merged} WHERE old_kind <> {kind}")
    for index, code, kind in rows:
        yield Finding(index, "code", _("%(code)s is an asset of kind %(kind)s.") % {"code": code, "kind": kind})


def _without_place(execute: Execute) -> Iterator[Finding]:
    for (index,) in execute("SELECT idx FROM {merged} WHERE geometry IS NULL"):
        yield Finding(index, "", _("The row has no geometry."))


def _swapped_regions(execute: Execute) -> Iterator[Finding]:
    rows = execute(
        """
        SELECT m.idx, r.code FROM {merged} AS m JOIN {region} AS r ON r.id = m.region_id
        WHERE r.boundary IS NOT NULL AND NOT ST_Intersects(r.boundary, m.geometry)
            AND ST_Intersects(r.boundary, ST_FlipCoordinates(m.geometry))
        """
    )
    for index, code in rows:
        reason = _("Longitude and latitude look swapped: only so is it in the region %(code)s.")
        yield Finding(index, "", reason % {"code": code})


def _broken_checks(execute: Execute, details: type[models.Model]) -> Iterator[Finding]:
    """The database's own check constraints of both tables, asked of the merged rows before they are written; those of
    geometry excepted, which importing.places has looked after, and of columns that no import fills."""
    checks = execute(
        """
        SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint
        WHERE contype = 'c' AND conrelid IN ({asset_table}::regclass, {details_table}::regclass) AND NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) AND (
                attname = 'geometry' OR attname NOT IN (
                    SELECT attname FROM pg_attribute WHERE attrelid = 'import_merged'::regclass
                )
            )
        ) ORDER BY conrelid, conname
        """,
        asset_table=Asset._meta.db_table,
        details_table=details._meta.db_table,
    )
    broken = sql.SQL(" OR ").join(sql.SQL("({}) IS FALSE").format(sql.SQL(e)) for _name, e in checks)
    names = sql.SQL(", ").join(
        sql.SQL("CASE WHEN ({}) IS FALSE THEN {} END").format(sql.SQL(expression), sql.Literal(name))
        for name, expression in checks
    )
    rows = execute(
        "SELECT idx, array_remove(ARRAY[{names}], NULL) FROM {merged} WHERE geometry IS NOT NULL AND ({broken})",
        names=names,
        broken=broken,
    )
    for index, constraints in rows:
        for constraint in constraints:
            rule = _("Does not hold: %(rule)s.") % {"rule": constraint.replace("_", " ")}
            yield Finding(index, FIELD_OF.get(constraint, ""), str(SENTENCES.get(constraint, rule)))


def _held_units(execute: Execute) -> Iterator[Finding]:
    """Lowered capacity or limits that the ledger already needs (the trigger registry_keep_capacity, set-wise)."""
    rows = execute(
        """
        SELECT m.idx, held.highest FROM {merged} AS m JOIN {asset} AS a ON a.id = m.id
        CROSS JOIN LATERAL (
            SELECT max(upper(units)) - 1 AS highest FROM {allocation}
            WHERE asset_id = m.id AND period && daterange(CURRENT_DATE, NULL)
        ) AS held
        WHERE m.capacity < a.capacity AND held.highest > m.capacity
        """
    )
    for index, highest in rows:
        yield Finding(index, "capacity", _("Unit %(unit)d is in use, so there are more.") % {"unit": highest})
    for load in LOADS:
        rows = execute(
            """
            SELECT m.idx, max(heavy.load) FROM {merged} AS m JOIN {asset} AS a ON a.id = m.id
            CROSS JOIN LATERAL (
                SELECT sum(line.{load}) AS load
                FROM (SELECT DISTINCT lower(period) AS day FROM {allocation} WHERE asset_id = m.id) AS start
                JOIN {allocation} AS line ON line.asset_id = m.id AND line.period @> start.day
                    AND line.period && daterange(CURRENT_DATE, NULL)
                GROUP BY start.day
            ) AS heavy
            WHERE m.{load} < coalesce(a.{load}, 'Infinity') AND heavy.load > m.{load} GROUP BY m.idx
            """,
            load=sql.Identifier(load),
        )
        for index, carried in rows:
            yield Finding(index, load, _("%(load)s is already carried.") % {"load": f"{float(carried):g}"})


def _beyond_cooling(execute: Execute, details: type[models.Model]) -> Iterator[Finding]:
    if details is EquipmentRoom:
        for (index,) in execute("SELECT idx FROM {merged} WHERE power_kw > cooling_kw"):
            yield Finding(index, "power_kw", _("The power limit exceeds the cooling."))
