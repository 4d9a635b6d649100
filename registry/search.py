"""Searching text on the trigram index, and how a page of a long list is found."""

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import CharField, F, QuerySet, TextField
from django.db.models.expressions import CombinedExpression
from django.db.models.lookups import Contains, StartsWith

SORTED_AT_ONCE = 20_000
"""Rows that are sorted in less time than it may take to read a table of a million in its order."""
PAGE = 101
# The plan of what Django itself knows to be empty.
NOTHING = {"Node Type": "Result", "Plan Rows": 0, "Total Cost": 0.0}
RISK = 5
"""How much dearer than reading in order finding all rows may be, as PostgreSQL expects it: where what is sought lies
together, or is not there at all, reading in order takes the whole table."""


@CharField.register_lookup
@TextField.register_lookup
class ILike(Contains):
    """`code__ilike="wh-12"`: contains, whatever the case. Django's icontains compares upper-cased text, which no index
    on the column serves; PostgreSQL's ILIKE uses the trigram index of registry.models.Asset."""

    lookup_name = "ilike"

    def get_rhs_op(self, connection: object, rhs: str) -> str:
        return f"ILIKE {rhs}"


@CharField.register_lookup
class IBegins(StartsWith):
    """`name__ibegins="光谷"`: begins so, whatever the case. Of two characters the trigram index serves no more."""

    lookup_name = "ibegins"

    def get_rhs_op(self, connection: object, rhs: str) -> str:
        return f"ILIKE {rhs}"


def are_few(rows: QuerySet[Any], *, together: bool = False) -> bool:
    """Whether to find all rows by what narrows them, and to sort them; else they are read in the order of ids until a
    page is full. As PostgreSQL expects of both: what is read in order is found soon where many rows fit, and takes
    the whole table where none does. together: that the rows are likely to lie together, as those that a text finds.
    """
    return sorting_is_better(*_plans(rows.order_by("pk")[:PAGE], rows.order_by()), together=together)


def sorting_is_better(in_order: dict[str, Any], all_found: dict[str, Any], *, together: bool) -> bool:
    """By the plans of a page that is read in order, and of finding all rows."""
    reading = in_order["Plans"][0] if "Plans" in in_order else in_order
    if "Sort" in reading["Node Type"]:
        return True
    if reading["Plan Rows"] > SORTED_AT_ONCE:
        return False
    return together or bool(all_found["Total Cost"] <= RISK * in_order["Total Cost"])


def _plans(*several: QuerySet[Any]) -> list[dict[str, Any]]:
    """What PostgreSQL expects of each, asked for in one trip."""
    try:
        asked = [rows.values("pk").query.sql_with_params() for rows in several]
    except EmptyResultSet:
        return [NOTHING for _rows in several]
    plans = []
    with connections[several[0].db].cursor() as cursor:
        statements = "; ".join(f"EXPLAIN (FORMAT json) {text}" for text, _parameters in asked)
        cursor.execute(statements, [value for _text, parameters in asked for value in parameters])
        for _rows in several:
            [(found,)] = cursor.fetchall()
            plans.append((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])
            cursor.nextset()
    return plans


def id_to_sort_by() -> CombinedExpression:
    """The id, as a sum: what PostgreSQL has no index for, so that it does not read in that order."""
    return F("pk") + 0


def is_id(text: str) -> bool:
    """Whether it can be the id of a row: digits, no more than 64 bits hold."""
    return text.isascii() and text.isdecimal() and len(text) <= 18
