"""The coordinate reference systems that places are shown and asked in (OGC 18-058r1: Part 2), each with the order of
axes that its authority defines. Places are kept in WGS 84, longitude before latitude, which is CRS84."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.exceptions import ValidationError
from django.db.models import F, Func, TextField, Value
from django.utils.translation import gettext as _
from pyproj import Transformer

from registry.api.problems import bad_parameter
from registry.filters import BoxField

WGS84 = 4326


@dataclass(frozen=True)
class Crs:
    """srid: of PostGIS and EPSG. latitude_first: whether the first coordinate is the latitude. digits: decimals of
    coordinates when shown, which lose less than a tenth of a millimetre. reach: the largest coordinate."""

    uri: str
    srid: int
    latitude_first: bool
    digits: int
    reach: float = 180.0

    def as_geojson(self) -> Func:
        """The place of a row as the text of a GeoJSON geometry in this system."""
        place: Any = F("place")
        if self.srid != WGS84:
            place = Func(place, Value(self.srid), function="ST_Transform")
        if self.latitude_first:
            place = Func(place, function="ST_FlipCoordinates")
        # Option 0: without the "crs" member that RFC 7946 has done away with.
        return Func(place, Value(self.digits), Value(0), function="ST_AsGeoJSON", output_field=TextField())

    def to_wgs84(self, geometry: Any) -> Any:
        """A shapely geometry of this system in longitude and latitude; not finite where it lies outside of it."""
        geometry = shapely.transform(geometry, lambda xy: np.where(np.abs(xy) <= self.reach, xy, np.nan))
        if self.latitude_first:
            geometry = shapely.transform(geometry, lambda xy: xy[:, ::-1])
        if self.srid == WGS84:
            return geometry
        return shapely.transform(geometry, lambda xy: np.column_stack(self._transformer.transform(*xy.T)))

    def box(self, numbers: Sequence[float]) -> Polygon | MultiPolygon:
        """A box of this system's lower and upper corner, in WGS 84. In all these systems the sides of a box follow
        meridians and parallels, so that two corners tell it all. Raises ValidationError outside of the system."""
        corners = self.to_wgs84(shapely.points(np.reshape(np.asarray(numbers, dtype=float), (2, 2))))
        west, south, east, north = shapely.get_coordinates(corners).ravel()
        box: Polygon | MultiPolygon = BoxField().clean(f"{west!s},{south!s},{east!s},{north!s}")
        return box

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer.from_crs(self.srid, WGS84, always_xy=True)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, latitude_first=False, digits=15)
SYSTEMS = {
    system.uri: system
    for system in (
        CRS84,
        Crs("http://www.opengis.net/def/crs/EPSG/0/4326", WGS84, latitude_first=True, digits=15),
        # CGCS2000, China's geodetic system since 2008 (GB 22021).
        Crs("http://www.opengis.net/def/crs/EPSG/0/4490", 4490, latitude_first=True, digits=15),
        Crs("http://www.opengis.net/def/crs/EPSG/0/3857", 3857, latitude_first=False, digits=5, reach=20_037_508.35),
    )
}


def system_of(parameter: str, uri: str | None) -> Crs:
    """The system that a parameter names, CRS84 where it names none. Raises the problem 400."""
    if uri is None:
        return CRS84
    if uri not in SYSTEMS:
        raise bad_parameter(parameter, _("One of: %(names)s.") % {"names": ", ".join(SYSTEMS)}, "crs")
    return SYSTEMS[uri]


def box_of(text: str, system: Crs) -> Polygon | MultiPolygon:
    """The `bbox` parameter: four numbers in the order of the system's axes, or six with heights, which no place here
    has. Raises the problem 400."""
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) == 6:
            numbers = [*numbers[:2], *numbers[3:5]]
        if len(numbers) != 4:
            raise ValueError(text)
        return system.box(numbers)
    except (ValueError, ValidationError) as error:
        raise bad_parameter(
            "bbox", _("Four numbers: the lower and the upper corner, within the reference system."), "bbox"
        ) from error
