"""Staged rows into the tables of assets, set by set: known again by code, checked, compared, inserted or updated."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection, models, transaction
from django.db.models import NOT_PROVIDED
from numpy.typing import NDArray
from psycopg import sql

from registry import capacity
from registry.asset_writing import REVIEW
from registry.capacity import CapacityError, OwnUse
from registry.importing import asset_findings
from registry.importing.asset_findings import Finding
from registry.importing.staging import StagedColumn, stage
from registry.models import Allocation, Asset, Organization, Protection, Purpose, Region

STAGED, MERGED = sql.Identifier("import_staged"), sql.Identifier("import_merged")
MERGE_LOCK = 0x1A55E7  # the first half of the advisory lock that imports for one owner queue on
UNTOUCHED = frozenset({"used_today", "ledger_version", "near_rung", "far_rung", "created_at", "updated_at"})
# The same place by way of another coordinate system differs by rounding: below 1e-9 degree, 0.1 mm, nothing moved.
SAME_PLACE = sql.SQL(
    """
    CASE WHEN s.geometry IS NULL OR a.geometry = s.geometry OR (
        ST_NPoints(a.geometry) = ST_NPoints(s.geometry) AND ST_HausdorffDistance(a.geometry, s.geometry) < 1e-9
    ) THEN a.geometry ELSE s.geometry END
    """
)
# Sectors are a set: their order, which the registry never looks at, is no difference.
SAME_SECTORS = sql.SQL(
    "CASE WHEN a.open_to_sectors @> s.open_to_sectors AND a.open_to_sectors <@ s.open_to_sectors"
    " THEN a.open_to_sectors ELSE s.open_to_sectors END"
)
# Statistics of a table that was just filled or emptied can tell the planner that it has one row; a nested loop over it
# then takes hours. Sets beyond this size are joined by hashing, which never takes long.
HASHED_ROWS = 5_000
# What is chosen by these statistics is the order of joins, for which 3,000 rows tell as much as 30,000.
SAMPLED = 10


class UseRefused(Exception):
    """Own use that others' holdings leave no room for: `reasons` by the row's index."""

    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__(str(reasons))
        self.reasons = reasons


@dataclass(slots=True)
class Merge:
    """One run: prepare, then findings and remarks, then write, all in one transaction of the caller's."""

    owner: Organization
    kind: str
    details: type[models.Model]
    source: str
    assumed_capacity: int = 0
    _staged: dict[str, StagedColumn] = field(default_factory=dict)

    def prepare(self, columns: dict[str, StagedColumn], rows: NDArray[np.bool_]) -> None:
        """Stage the chosen rows, lock the assets they name, and work out what each would become."""
        self._staged = columns
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MERGE_LOCK, self.owner.pk])
        self._execute("SET LOCAL default_statistics_target = {sampled}", sampled=SAMPLED)
        stage("import_staged", columns, rows, key="code")
        if np.count_nonzero(rows) > HASHED_ROWS:
            self._execute("SET LOCAL enable_nestloop = off")
        self._plan_anew()
        self._lock_cells()
        self._execute(
            """
            SELECT count(*) FROM (
                SELECT FROM {asset} AS a JOIN {staged} AS s USING (code) WHERE a.owner_id = {owner}
                ORDER BY a.id FOR NO KEY UPDATE OF a
            ) AS locked
            """
        )
        self._place_in_regions()
        self._create_merged()

    def findings(self) -> list[Finding]:
        """Why rows cannot land as they are; these rows are left out by `write`."""
        found = asset_findings.findings(self._execute, self.details)
        refused = sorted({finding.index for finding in found})
        if refused:
            self._execute("DELETE FROM {merged} WHERE idx = ANY ({refused})", refused=refused)
        return found

    def remarks(self) -> list[Finding]:
        """What is odd about the rows that land."""
        return asset_findings.out_of_region(self._execute)

    def write(self) -> tuple[int, int, int]:
        """Insert and update; returns how many assets were created, updated, and already as the file says.

        Raises UseRefused, with nothing written, where own use has no room.
        """
        counts: dict[str, int] = dict(
            self._execute(
                """
                SELECT CASE WHEN is_new THEN 'created' WHEN changed OR use_changed THEN 'updated' ELSE 'unchanged' END,
                    count(*) FROM {merged} GROUP BY 1
                """
            )
        )
        [(self.assumed_capacity,)] = self._execute("SELECT count(*) FROM {merged} WHERE is_new AND assumed_capacity")
        if counts.get("created"):
            self._insert()
        if counts.get("updated"):
            self._update()
        self._write_use()
        self._execute("SET LOCAL enable_nestloop TO DEFAULT")
        self._execute("SET LOCAL default_statistics_target TO DEFAULT")
        self._plan_anew()
        for table in (STAGED, MERGED):
            self._execute_sql(sql.SQL("DROP TABLE {}").format(table))
        return counts.get("created", 0), counts.get("updated", 0), counts.get("unchanged", 0)

    def _plan_anew(self) -> None:
        """Forget the plans that this session keeps of what triggers and foreign keys ask: those for single rows read a
        whole table for each row of a file, and those for a file read one for a single row."""
        self._execute("DISCARD PLANS")

    def _lock_cells(self) -> None:
        """Where a restricted asset may leave its cell, or one becomes restricted, whose own use is written after all
        are locked (registry.cells)."""
        self._execute(
            """
            SELECT pg_advisory_xact_lock(hashtextextended('registry_cells', {owner})) WHERE EXISTS (
                SELECT FROM {staged} AS s LEFT JOIN {asset} AS a ON a.code = s.code AND a.owner_id = {owner}
                WHERE 'restricted' IN (s.protection, a.protection)
            )
            """
        )

    # --- What each row becomes ------------------------------------------------------------------------------

    def _place_in_regions(self) -> None:
        """A row without a region of its own lies in the smallest region whose boundary holds it."""
        if Region.objects.filter(boundary__isnull=False).exists():
            self._execute(
                """
                UPDATE {staged} AS s SET region_id = (
                    SELECT r.id FROM {region} AS r
                    WHERE NOT r.retired AND ST_Intersects(r.boundary, ST_PointOnSurface(s.geometry))
                    ORDER BY r.scheme = {scheme} DESC, length(r.prefix) DESC, r.id LIMIT 1
                ) WHERE s.region_id IS NULL AND s.geometry IS NOT NULL
                """,
                scheme=self.owner.region.scheme,
            )

    def _create_merged(self) -> None:
        asset_columns = [column for column in self._asset_columns() if column not in UNTOUCHED]
        merged = [*asset_columns, *self._detail_columns()]
        self._execute(
            """
            CREATE TEMPORARY TABLE {merged} ON COMMIT DROP AS
            SELECT s.idx, a.id IS NULL AS is_new, a.kind AS old_kind, s.used_units,
                s.capacity IS NULL AS assumed_capacity, false AS use_changed,
                a.id IS NOT NULL AND (({new_values}) IS DISTINCT FROM ({old_values}) OR d.asset_id IS NULL) AS changed,
                coalesce(a.id, nextval({sequence})) AS id, {definitions}
            FROM {staged} AS s
            LEFT JOIN {asset} AS a ON a.code = s.code AND a.owner_id = {owner}
            LEFT JOIN {details} AS d ON d.asset_id = a.id
            """,
            new_values=_list(self._new_value(column) for column in merged if column != "source"),
            old_values=_list(self._old(column) for column in merged if column != "source"),
            definitions=_list(
                sql.SQL("{} AS {}").format(self._new_value(column), sql.Identifier(column)) for column in merged
            ),
            sequence=self._execute("SELECT pg_get_serial_sequence({table}, 'id')", table=Asset._meta.db_table)[0][0],
        )
        if self._staged["used_units"].values is not None:
            self._compare_use()
        # What the queries after this join and choose by; statistics of every column would take longer than they do.
        self._execute("ANALYZE {merged} (idx, id, region_id, is_new, changed, use_changed)")

    def _compare_use(self) -> None:
        self._execute(
            """
            UPDATE {merged} AS m SET use_changed = true
            WHERE m.used_units IS NOT NULL AND m.used_units <> (
                SELECT coalesce(sum(upper(units) - lower(units)), 0) FROM {allocation}
                WHERE asset_id = m.id AND purpose = {own_use} AND reference IS NULL AND upper_inf(period)
            )
            """,
            own_use=Purpose.OWN_USE.value,
        )

    def _new_value(self, column: str) -> sql.Composable:
        """The row's own value, else the registry's, else the model's default."""
        if column == "owner_id":
            return sql.Literal(self.owner.pk)
        if column == "kind":
            return sql.Literal(self.kind)
        if column == "source":
            return sql.Literal(self.source)
        default: Any = 1 if column == "capacity" else self._default(column)
        if column == "region_id":
            default = self.owner.region.pk
        if column == "geometry":
            return SAME_PLACE
        if column == REVIEW:
            # As the database keeps it: of an open asset none.
            stated = sql.SQL("CASE WHEN {} <> {} THEN {} END")
            level, day = self._new_value("protection"), self._stated(column)
            return stated.format(level, sql.Literal(Protection.OPEN.value), day)
        return self._stated(column, default)

    def _stated(self, column: str, default: Any = None) -> sql.Composable:
        staged = self._staged.get(column)
        values = [self._old(column), sql.Literal(default)]
        if staged is not None and (staged.values is not None or column == "region_id"):
            own = SAME_SECTORS if column == "open_to_sectors" else sql.SQL("s.{}").format(sql.Identifier(column))
            values.insert(0, own)
        return sql.SQL("coalesce({})").format(_list(values)) if default is not None or len(values) > 2 else values[0]

    def _old(self, column: str) -> sql.Composable:
        alias = "a" if column in self._asset_columns() else "d"
        return sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(column))

    def _default(self, column: str) -> Any:
        model = Asset if column in self._asset_columns() else self.details
        chosen = next(f for f in model._meta.concrete_fields if f.column == column)
        return chosen.get_default() if chosen.default is not NOT_PROVIDED or not chosen.null else None

    # --- Writing ------------------------------------------------------------------------------------------------

    def _insert(self) -> None:
        columns = [column for column in self._asset_columns() if column not in UNTOUCHED]
        self._execute(
            """
            INSERT INTO {asset} (id, {columns}, used_today, ledger_version, created_at, updated_at)
            SELECT id, {columns}, 0, 0, now(), now() FROM {merged} WHERE is_new
            """,
            columns=_list(map(sql.Identifier, columns)),
        )
        self._execute(
            "INSERT INTO {details} (asset_id, {columns}) SELECT id, {columns} FROM {merged} WHERE is_new",
            columns=_list(map(sql.Identifier, self._detail_columns())),
        )

    def _update(self) -> None:
        columns = [column for column in self._asset_columns() if column not in UNTOUCHED]
        # That supply has changed is recorded with the details below, for all of them at once.
        self._execute("SET LOCAL registry.details_follow = 'on'")
        self._execute(
            """
            UPDATE {asset} AS a SET {assignments}, updated_at = now()
            FROM {merged} AS m WHERE m.id = a.id AND m.changed
            """,
            assignments=_list(sql.SQL("{0} = m.{0}").format(sql.Identifier(column)) for column in columns),
        )
        self._execute("SET LOCAL registry.details_follow = 'off'")
        details = self._detail_columns()
        self._execute(
            """
            INSERT INTO {details} (asset_id, {columns})
            SELECT id, {columns} FROM {merged} WHERE changed
            ON CONFLICT (asset_id) DO UPDATE SET {assignments}
            """,
            columns=_list(map(sql.Identifier, details)),
            assignments=_list(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in details),
        )

    def _write_use(self) -> None:
        rows = self._execute("SELECT idx, id, used_units FROM {merged} WHERE use_changed ORDER BY id")
        if not rows:
            return
        try:
            capacity.set_own_use([OwnUse(asset_id, units) for _index, asset_id, units in rows])
        except CapacityError:
            raise UseRefused(_refused_uses(rows)) from None

    # --- SQL ------------------------------------------------------------------------------------------------------

    def _asset_columns(self) -> list[str]:
        return _stored_columns(Asset)

    def _detail_columns(self) -> list[str]:
        return [column for column in _stored_columns(self.details) if column != "asset_id"]

    def _execute(self, statement: str, **parts: Any) -> list[tuple[Any, ...]]:
        """Run a statement, its {parts} composed in: SQL as SQL, values as literals; returns its rows."""
        names = {
            "asset": sql.Identifier(Asset._meta.db_table),
            "details": sql.Identifier(self.details._meta.db_table),
            "region": sql.Identifier(Region._meta.db_table),
            "allocation": sql.Identifier(Allocation._meta.db_table),
            "staged": STAGED,
            "merged": MERGED,
            "owner": sql.Literal(self.owner.pk),
            "kind": sql.Literal(self.kind),
        }
        composed = {
            name: part if isinstance(part, sql.Composable) else sql.Literal(part) for name, part in parts.items()
        }
        return self._execute_sql(sql.SQL(statement).format(**names | composed))

    def _execute_sql(self, statement: sql.Composable) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _refused_uses(rows: Sequence[tuple[Any, ...]]) -> dict[int, str]:
    """Which of the rows' uses the ledger refuses, tried one by one and undone."""
    reasons = {}
    for index, asset_id, units in rows:
        try:
            with transaction.atomic():
                capacity.set_own_use([OwnUse(asset_id, units)])
        except CapacityError as error:
            reasons[index] = str(error)
    return reasons


def _stored_columns(model: type[models.Model]) -> list[str]:
    stored = [f for f in model._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    return [f.column for f in stored if f.column is not None and f.column != "id"]


def _list(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(list(parts))
