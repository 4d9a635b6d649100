"""Which regions a person or an organization regulates, as a condition on any column that leads to a region."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from registry.models.region import Region

if TYPE_CHECKING:
    from registry.models.user import User


def regulated_regions(user: "User", path: str) -> Q:
    """True where the region at `path` is one that an organization of `user` regulates, or lies inside it."""
    return inside(user.regulated, path)


def regulated_by(regions: Iterable[Region], path: str) -> Q:
    """True where the region at `path` is one of `regions`, or lies inside one."""
    return inside(((region.scheme, region.prefix) for region in regions), path)


def inside(prefixes: Iterable[tuple[str, str]], path: str) -> Q:
    """True where the region at `path` lies in one of these, each given by its scheme and prefix."""
    condition = Q(pk__in=[])
    for scheme, prefix in prefixes:
        condition |= Q(**{f"{path}__scheme": scheme, f"{path}__code__startswith": prefix})
    return condition
