"""Where the map of somebody begins when nothing else says so: with what is theirs, and not with a whole country."""

from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from registry.models import Asset, Organization, Protection, Region, User
from registry.models.regulated import inside

LOOKED_AT = 500
"""Assets that tell where an owner or a region is; looking at all of them would take longer than the page."""

Box = list[float]


def whereabouts(user: User) -> Box | None:
    """West, south, east and north: of the regions that the person's organizations regulate, or else are at home in, as
    far as their boundaries are known; else of assets of theirs; else of open assets in these regions."""
    organizations = Organization.objects.filter(pk__in=list(user.roles))
    regions = Region.objects.filter(pk__in=organizations.values(of=Coalesce("regulates", "region")))
    own = Asset.objects.filter(owner__in=list(user.roles)).order_by("owner_id", "code").values("geometry")
    return _box(regions, "boundary") or _box(own[:LOOKED_AT], "geometry") or _box(_open_in(regions), "geometry")


def _open_in(regions: QuerySet[Region]) -> QuerySet[Any]:
    """Assets whose place is no secret, as a box around others would tell where they are."""
    lying = inside(regions.order_by().values_list("scheme", "prefix"), "region")
    return Asset.objects.filter(lying, protection=Protection.OPEN).order_by().values("geometry")[:LOOKED_AT]


def _box(rows: QuerySet[Any], place: str) -> Box | None:
    found = rows.aggregate(box=Extent(place))["box"]
    return list(found) if found else None
