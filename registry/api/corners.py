"""How much of a list fits a page: a place has one corner or 40,000, and takes memory by its corners."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.contrib.gis.db.models.functions import NumPoints
from django.db import connections
from django.db.models import QuerySet

MOST_OF_A_PAGE = 500_000
"""Of which a page takes about 100 MB while it is made."""


def fitting(rows: QuerySet[Any], place: str, ids: Sequence[int]) -> int:
    """How many of the rows with these ids, in their order, a page holds: one at least. place: of the rows' columns the
    one that is shown, so that where a page ends tells nothing of what is masked."""
    if not ids:
        return 0
    counts = rows.filter(pk__in=ids).order_by().values_list("pk", NumPoints(place)).query
    # By SQL alone, since nobody is given these places: not all of them are on the page (AssetQuerySet.viewer).
    with connections[rows.db].cursor() as cursor:
        cursor.execute(*counts.sql_with_params())
        found = dict(cursor.fetchall())
    sums = np.cumsum([found.get(pk, 0) for pk in ids])
    return max(int(np.searchsorted(sums, MOST_OF_A_PAGE, side="right")), 1)
