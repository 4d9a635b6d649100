"""The lock that comes before those of restricted assets, so that nobody waits in a circle: their owners' cells.

An asset that moves, goes or is protected otherwise can make the cell of others grow, which the database then locks
beside it, whatever their ids (registry/migrations/_cells.py). So whoever changes restricted assets has the cells of
their owners alone, and whoever locks some for anything else shares these; both before the first asset.
"""

from collections.abc import Iterable

from django.db import connection


def lock_cells(asset_ids: Iterable[int], *, to_change: bool = False) -> None:
    """Locks the cells of the owners of the restricted ones among the assets, until the transaction ends."""
    lock = "pg_advisory_xact_lock" if to_change else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        # The trigger's own lock, and in its order.
        cursor.execute(
            f"""
            SELECT {lock}(hashtextextended('registry_cells', owner_id)) FROM (
                SELECT DISTINCT owner_id FROM registry_asset
                WHERE id = ANY (%s) AND protection = 'restricted' ORDER BY owner_id
            ) AS owner
            """,
            [list(asset_ids)],
        )
