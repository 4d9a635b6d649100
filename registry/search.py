"""Searching text on the trigram index, and how a page of a long list is found."""

import json
from typing import Any

from django.db.models import CharField, F, QuerySet
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
    page = _plan(rows.order_by("pk")[:PAGE])
    reading = page["Plans"][0] if "Plans" in page else page
    if "Sort" in reading["Node Type"]:
        return True
    if reading["Plan Rows"] > SORTED_AT_ONCE:
        return False
    return together or bool(_plan(rows.order_by())["Total Cost"] <= RISK * page["Total Cost"])


def _plan(rows: QuerySet[Any]) -> dict[str, Any]:
    text = rows.values("pk").explain(format="json")
    found: dict[str, Any] = json.loads(text)[0]["Plan"] if text else NOTHING
    return found


def id_to_sort_by() -> CombinedExpression:
    """The id, as a sum: what PostgreSQL has no index for, so that it does not read in that order."""
    return F("pk") + 0


def is_id(text: str) -> bool:
    """Whether it can be the id of a row: digits, no more than 64 bits hold."""
    return text.isascii() and text.isdecimal() and len(text) <= 18
