"""Which regions a person regulates, as a condition on any column that leads to a region."""

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from registry.models.user import User


def regulated_regions(user: "User", path: str) -> Q:
    """True where the region at `path` is one that an organization of `user` regulates, or lies inside it."""
    condition = Q(pk__in=[])
    for scheme, prefix in user.regulated:
        condition |= Q(**{f"{path}__scheme": scheme, f"{path}__code__startswith": prefix})
    return condition
