"""What a viewer may know beyond what everyone may, as lists that pyramid and versions are asked by."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone

from registry.models import Asset, Disclosure, Protection, Region, User
from registry.models.regulated import inside


@dataclass(frozen=True)
class Viewer:
    """A person who takes part. The rules are those of AssetQuerySet._entitled: exact places are known to the owner's
    members, to the regulators of the asset's region, to those with a grant of sight there, and to those told by a
    consent."""

    user: User

    @cached_property
    def organizations(self) -> list[int]:
        return sorted(self.user.roles)

    @cached_property
    def regions(self) -> list[int]:
        """The ids of all regions that an organization of theirs regulates, or has a grant of sight of."""
        if not self._prefixes:
            return []
        return list(Region.objects.filter(_inside(self._prefixes)).order_by("id").values_list("id", flat=True))

    @property
    def _prefixes(self) -> list[tuple[str, str]]:
        return [*self.user.regulated, *self.user.granted]

    @property
    def is_told(self) -> bool:
        """Whether consents told them of assets. Superusers know every place anyway."""
        return bool(self.user.told) and not self.user.is_superuser

    def told(self) -> Any:
        """The protected assets that they may know of by a consent alone."""
        return (
            Asset.objects.filter(
                pk__in=Disclosure.objects.filter(organization__in=self.user.told).values("asset"),
            )
            .exclude(protection=Protection.OPEN)
            .exclude(Q(owner__in=self.organizations) | inside(self._prefixes, "region"))
        )

    def sql(self) -> tuple[str, list[Any]]:
        """A condition on the columns owner_id and region_id: whose exact places they may know."""
        if self.user.is_superuser:
            return "TRUE", []
        return "(owner_id = ANY (%s) OR region_id = ANY (%s))", [self.organizations, self.regions]

    @cached_property
    def digest(self) -> str:
        """The same for two viewers, or one at two times, who may know the same, but for which assets consents told
        them of. Of those whose sights are recorded it changes by the day, as the record of a tile is of a day."""
        day = timezone.localdate() if self.user.sees_protected else None
        return hashlib.sha256(repr((self.user.entitlement, day)).encode()).hexdigest()


def _inside(prefixes: Iterable[tuple[str, str]]) -> Q:
    condition = Q(pk__in=[])
    for scheme, prefix in prefixes:
        condition |= Q(scheme=scheme, code__startswith=prefix)
    return condition
