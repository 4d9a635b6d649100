"""The region that a place lies in: as boundaries say, where they are loaded; else that of the nearest asset whose
place is open."""

from collections.abc import Iterable, Sequence

from django.db import connection

from registry.models import Region

NEAREST_DEGREES = 0.1
"""How far an asset may be to tell the region: about 10 km."""


def regions_at(places: Sequence[tuple[float, float]]) -> list[int | None]:
    """The smallest known region at each longitude and latitude."""
    if not places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(
                (
                    SELECT region.id FROM registry_region AS region
                    WHERE NOT region.retired AND ST_Covers(region.boundary, place)
                    ORDER BY length(region.prefix) DESC, region.id LIMIT 1
                ),
                (
                    SELECT asset.region_id FROM registry_asset AS asset
                    WHERE asset.protection = 'open'
                        AND asset.masked_geometry && ST_Expand(place, %s)
                    ORDER BY asset.masked_geometry <-> place, asset.id LIMIT 1
                )
            )
            FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS asked (lon, lat, n),
                LATERAL ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS place
            ORDER BY n
            """,
            [NEAREST_DEGREES, [lon for lon, _ in places], [lat for _, lat in places]],
        )
        return [row[0] for row in cursor.fetchall()]


class RegionTree:
    """Regions by what their codes begin with."""

    def __init__(self) -> None:
        self.by_id = {region.pk: region for region in Region.objects.filter(retired=False).defer("boundary")}
        self.by_prefix = {(region.scheme, region.prefix): region for region in self.by_id.values()}

    def common(self, regions: Iterable[int]) -> Region | None:
        """The smallest region that covers all of `regions` (ids), if there is one."""
        found = [self.by_id[region] for region in regions if region in self.by_id]
        if not found:
            return None
        first = found[0]
        for length in range(len(first.prefix), 0, -1):
            region = self.by_prefix.get((first.scheme, first.prefix[:length]))
            if region is not None and all(map(region.covers, found)):
                return region
        return None
