"""Searching text on the trigram index."""

from django.db.models import CharField
from django.db.models.lookups import Contains


@CharField.register_lookup
class ILike(Contains):
    """`code__ilike="wh-12"`: contains, whatever the case. Django's icontains compares upper-cased text, which no index
    on the column serves; PostgreSQL's ILIKE uses the trigram index of registry.models.Asset."""

    lookup_name = "ilike"

    def get_rhs_op(self, connection: object, rhs: str) -> str:
        return f"ILIKE {rhs}"
