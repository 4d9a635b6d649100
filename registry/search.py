"""Searching text on the trigram index."""

from django.db.models import CharField
from django.db.models.lookups import Contains, StartsWith


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


def is_id(text: str) -> bool:
    """Whether it can be the id of a row: digits, no more than 64 bits hold."""
    return text.isascii() and text.isdecimal() and len(text) <= 18
