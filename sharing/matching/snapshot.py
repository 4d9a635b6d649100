"""The places of all assets of a kind, kept in this process between runs, and never older than the run that asks.

Every write that adds, moves or takes away an asset is noted by triggers in `registry_placechange`, in the writer's own
transaction and with its number. What was read under one snapshot of the database is brought up to date by reading
again what is noted and was not visible in it. So a process may keep what it has read for as long as it likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, cast

import numpy as np
from django.db import connection, transaction

from registry.columns import FLOAT8, INT8, fetch_columns
from sharing.matching.arrays import Floats, Ints
from sharing.matching.places import Places

MOST_CHANGES = 50_000
"""Assets beside which reading all of them anew is less work."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What was visible in a snapshot (PostgreSQL's pg_snapshot, as text)."""

    snapshot: str
    places: Places


_held: dict[tuple[str, str], _Held] = {}
_loading = Lock()


def places_of(kind: str) -> list[Places]:
    """The masked places of all assets of a point kind, as they are now. In several parts, none in two of them."""
    key = (str(connection.settings_dict["NAME"]), kind)
    with _loading:
        held = _held.get(key)
        changed = None if held is None else _changed_since(held.snapshot)
        if held is None or changed is None:
            held, settled = _read(kind)
            changed = np.empty(0, dtype=np.int64)
            # What this very transaction has written may yet be undone, and is noted nowhere then.
            if settled:
                _held[key] = held
    if not changed.size:
        return [held.places]
    return [held.places.take(~np.isin(held.places.id, changed)), _fetch(kind, changed)]


def forget() -> None:
    """Let go of all that is kept."""
    _held.clear()


def clear_notes(before: datetime) -> int:
    """Takes away the notes from before that time, and leaves one in their place: who holds what is older reads anew.
    Returns how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM registry_placechange WHERE noted_at < %s RETURNING xid)
            INSERT INTO registry_placechange (xid, assets) SELECT max(xid), NULL FROM gone HAVING count(*) > 0
            RETURNING (SELECT count(*) FROM gone)
            """,
            [before],
        )
        row = cursor.fetchone()
    return row[0] if row else 0


def _read(kind: str) -> tuple[_Held, bool]:
    """All places, and whether none of them is of this transaction's own making."""
    with connection.cursor() as cursor:
        # A change made between the two statements is read twice; none is missed.
        cursor.execute("SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned() IS NULL")
        snapshot, settled = cursor.fetchone()
    return _Held(snapshot, _fetch(kind, None)), settled


def _changed_since(snapshot: str) -> Ints | None:
    """Ids of the assets noted since; None when there are too many, or when not all notes are kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT bool_or(assets IS NULL), coalesce(sum(cardinality(assets)), 0), array_agg(id)
            FROM registry_placechange
            WHERE xid >= pg_snapshot_xmin(%(then)s::pg_snapshot)::text::bigint
                AND NOT pg_visible_in_snapshot(xid::text::xid8, %(then)s::pg_snapshot)
            """,
            {"then": snapshot},
        )
        incomplete, count, notes = cursor.fetchone()
    if incomplete or count > MOST_CHANGES:
        return None
    found = fetch_columns(
        "SELECT DISTINCT unnest(assets) FROM registry_placechange WHERE id = ANY (%s)", [notes or []], {"id": INT8}
    )
    return cast(Ints, found["id"])


def _fetch(kind: str, ids: Ints | None) -> Places:
    return places_from(
        f"""
        SELECT id, owner_id, ST_X(masked_geometry), ST_Y(masked_geometry) FROM registry_asset
        WHERE kind = %(kind)s {"" if ids is None else "AND id = ANY (%(ids)s::bigint[])"}
        """,
        {"kind": kind, "ids": ids},
    )


def places_from(query: str, parameters: Sequence[Any] | Mapping[str, Any]) -> Places:
    """What a query selects: id, owner, longitude and latitude of point assets."""
    found = fetch_columns(query, parameters, {"id": INT8, "owner": INT8, "lon": FLOAT8, "lat": FLOAT8})
    return Places.of(
        cast(Ints, found["id"]),
        cast(Ints, found["owner"]),
        cast(Floats, np.column_stack((found["lon"], found["lat"]))),
    )
