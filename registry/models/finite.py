from math import inf

from django.db.models import Q


def finite(*columns: str) -> Q:
    """That floats are numbers with an end, or empty. PostgreSQL has NaN above all numbers, so that no bound from below
    refuses it."""
    condition = Q()
    for column in columns:
        condition &= Q((f"{column}__gt", -inf), (f"{column}__lt", inf)) | Q((column, None))
    return condition
