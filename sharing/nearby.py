"""What parties ask for near an asset: line by line what a reader may see, and to its owner how much others ask for.

Of others no more is told than sums over a square of a fixed grid, the one that stands for core assets, and only from
so many parties on. In a circle around the asset their lines would be found to the metre, by moving it. The sum of a
single party is that party's plan, and of two each could take its own away and read the other's.
"""

from dataclasses import dataclass
from functools import reduce
from math import floor
from operator import or_
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db.models import Count, Q, QuerySet, Sum

from registry.filters import around, within_distance
from registry.models import Protection, User
from registry.models.asset import CELL_DEGREES, KM_PER_DEGREE
from sharing.models import OPEN_LISTS, Demand

NEARBY_M = 2_000
SQUARE_DEGREES = CELL_DEGREES[Protection.CORE]
SQUARE_KM = SQUARE_DEGREES * KM_PER_DEGREE
FEWEST_PARTIES = 3
PLACES = ("location", "origin", "destination")


@dataclass(frozen=True)
class OfOthers:
    """How many lines of how many others there are in the square of an asset, and units they ask for together."""

    lines: int
    units: int | None
    parties: int

    @property
    def enough(self) -> bool:
        """Whether so many ask that no one's plan is told by the numbers."""
        return self.parties >= FEWEST_PARTIES


def lines(asset: Any, user: User) -> QuerySet[Demand]:
    """Open lines for this kind within NEARBY_M of the place that the reader may know, of lists that they may see."""
    centre = _centre(asset)
    return _asked_in(around(centre, NEARBY_M), asset.kind).filter(
        reduce(or_, (Q(within_distance(place, centre, NEARBY_M)) for place in PLACES)),
        pk__in=Demand.objects.visible_to(user).values("pk"),
    )


def of_others(asset: Any, user: User) -> OfOthers | None:
    """What others than the reader's organizations ask for in the asset's square; None to who does not own it."""
    if asset.owner_id not in user.roles:
        return None
    asked = _asked_in(_square(_centre(asset)), asset.kind).exclude(list__party__in=list(user.roles))
    return OfOthers(
        **asked.aggregate(lines=Count("pk"), units=Sum("quantity"), parties=Count("list__party", distinct=True))
    )


def _centre(asset: Any) -> Point:
    """asset: with its place as the reader may know it (with_place_for)."""
    centre = asset.place.centroid if asset.place_is_exact else Polygon.from_bbox(asset.place.extent).centroid
    centre.srid = 4326
    return centre


def _asked_in(box: Polygon | MultiPolygon, kind: str) -> QuerySet[Demand]:
    return Demand.objects.not_over().filter(
        reduce(or_, (Q(**{f"{place}__coveredby": box}) for place in PLACES)),
        kind=kind,
        list__status__in=OPEN_LISTS,
    )


def _square(point: Point) -> Polygon:
    west, south = (floor(degrees / SQUARE_DEGREES) * SQUARE_DEGREES for degrees in (point.x, point.y))
    square = Polygon.from_bbox((west, south, west + SQUARE_DEGREES, south + SQUARE_DEGREES))
    square.srid = 4326
    return square
