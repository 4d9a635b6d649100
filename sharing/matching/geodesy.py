"""Places and lengths on the WGS 84 ellipsoid, for arrays of longitude and latitude in degrees."""

from typing import Final

import numpy as np
from pyproj import Geod

from sharing.matching.arrays import Floats

WGS84: Final = Geod(ellps="WGS84")


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
