"""Places and lengths on the WGS 84 ellipsoid, for arrays of longitude and latitude in degrees."""

from typing import Final

import numpy as np
from pyproj import Geod

from sharing.matching.arrays import Floats

WGS84: Final = Geod(ellps="WGS84")

MEAN_RADIUS_M = 6_371_000.0
ARC_IS_EXACT_M = 20_000.0


def ecef(lonlat: Floats) -> Floats:
    """Earth-centred coordinates in metres, shape (n, 3), of points on the ellipsoid, shape (n, 2).

    The straight (chord) distance between two such points never exceeds the geodesic one, so a k-d tree on
    them finds every pair within a geodesic limit.
    """
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    normal = WGS84.a / np.sqrt(1.0 - WGS84.es * np.sin(lat) ** 2)
    return np.column_stack(
        (
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1.0 - WGS84.es) * np.sin(lat),
        )
    )


def geodesic_m(start: Floats, end: Floats) -> Floats:
    """Geodesic length in metres between points row by row (Karney 2013, through pyproj)."""
    if not len(start):
        return np.zeros(0)
    _, _, length = WGS84.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    return np.asarray(length, dtype=np.float64)


def geodesics_m(start: Floats, end: Floats, chord_m: Floats, limit_m: Floats) -> Floats:
    """Geodesic length in metres between points whose straight distance is `chord_m`, row by row.

    A normal section of the ellipsoid is all but a circle of 6,335 to 6,400 km: up to 20 km the arc over the chord is
    the geodesic to a tenth of a millimetre. Farther pairs, and those within a millimetre of `limit_m`, are measured
    exactly, so that comparing with the limit is exact too.
    """
    length = chord_m * (1.0 + (chord_m / MEAN_RADIUS_M) ** 2 / 24.0)
    exact = np.flatnonzero((chord_m > ARC_IS_EXACT_M) | (np.abs(length - limit_m) < 1e-3))
    length[exact] = geodesic_m(start[exact], end[exact])
    return length


def local_m(lonlat: Floats, centre: Floats) -> Floats:
    """East and north of ``centre`` in metres, shape (n, 2), on the plane that touches the ellipsoid there.

    True to a millimetre within a few hundred metres of ``centre``, which is all that snapping asks.
    """
    lat = np.radians(centre[:, 1])
    curvature = 1.0 - WGS84.es * np.sin(lat) ** 2
    east_m = WGS84.a * np.cos(lat) / np.sqrt(curvature)
    north_m = WGS84.a * (1.0 - WGS84.es) / curvature**1.5
    delta = np.radians(lonlat - centre)
    return np.column_stack((delta[:, 0] * east_m, delta[:, 1] * north_m))
