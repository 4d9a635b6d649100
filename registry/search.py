"""Searching text on the trigram index."""

import json
from typing import Any

from django.db.models import CharField, F, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.lookups import Contains, StartsWith

SORTED_AT_ONCE = 20_000
"""Rows that are sorted in less time than it may take to read a table of a million in its order."""


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


def are_few(rows: QuerySet[Any]) -> bool:
    """Whether PostgreSQL expects the rows to be few enough to find them all by what narrows them, and to sort them.
    Where what a text finds lies together, reading in the order of ids until a page is full may take the whole table.
    """
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return bool(plan[0]["Plan"]["Plan Rows"] <= SORTED_AT_ONCE)


def id_to_sort_by() -> CombinedExpression:
    """The id, as a sum: what PostgreSQL has no index for, so that it does not read in that order."""
    return F("pk") + 0


def is_id(text: str) -> bool:
    """Whether it can be the id of a row: digits, no more than 64 bits hold."""
    return text.isascii() and text.isdecimal() and len(text) <= 18
