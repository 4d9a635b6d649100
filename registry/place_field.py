"""A place as text in a form: WKT or GeoJSON in, WGS 84 out. No map widget, since those of Django load from a CDN."""

import json
import math
from typing import Any

from django import forms
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon, WKBWriter
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WGS84 = 4326
MOST_CHARACTERS = 2_000_000
MOST_VERTICES = 50_000


class PlaceField(forms.CharField):
    """A geometry typed or pasted as WKT, EWKT or GeoJSON.

    geometry_type: the OGC type it must have ("GEOMETRY" for any); a polygon will do where several may be. Cleans to a
    two-dimensional GEOSGeometry in WGS 84, or None when empty. EWKT of another SRID is transformed.
    """

    default_error_messages = {
        "unreadable": _(
            "This is neither WKT nor GeoJSON. Write longitude before latitude, as in POINT(114.3055 30.5928) or "
            "LINESTRING(114.30 30.59, 114.31 30.60)."
        ),
        "type": _("A %(wanted)s is needed here, this is a %(given)s."),
        "empty": _("The geometry has no coordinates: enter at least one."),
        "outside": _(
            "Longitudes lie within ±180° and latitudes within ±90°. Projected coordinates need their SRID in front, "
            "as in SRID=4547;POINT(…)."
        ),
        "swapped": _("The latitude %(latitude)s is impossible: longitude comes first, then latitude. Swap them?"),
        "crs": _("SRID %(srid)s is unknown: use the EPSG code of the coordinates, or convert them to WGS 84."),
        "vertices": _("The geometry has %(count)d vertices, %(most)d are accepted: simplify it."),
    }

    def __init__(self, *, geometry_type: str = "GEOMETRY", **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MOST_CHARACTERS)
        super().__init__(**kwargs)
        self.geometry_type = geometry_type

    def prepare_value(self, value: Any) -> Any:
        return value.wkt if isinstance(value, GEOSGeometry) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "").strip() != (data or "").strip()

    def clean(self, value: Any) -> GEOSGeometry | None:
        """The geometry; raises ValidationError with what to do."""
        text = super().clean(value)
        if not text:
            return None
        place = self._in_wgs84(self._read(text))
        if isinstance(place, Polygon) and self.geometry_type.upper() == "MULTIPOLYGON":
            place = MultiPolygon(place, srid=WGS84)
        kind = place.geom_type
        if self.geometry_type.upper() not in ("GEOMETRY", kind.upper()):
            raise self._error("type", wanted=self.geometry_type.upper(), given=kind.upper())
        return place

    def _read(self, text: str) -> GEOSGeometry:
        try:
            if text.lstrip().startswith("{"):
                content = json.loads(text)
                text = json.dumps(content.get("geometry", content))
            place = GEOSGeometry(text)
        except (ValueError, TypeError, AttributeError, RecursionError, GEOSException, GDALException) as error:
            raise self._error("unreadable") from error
        if place.empty:
            raise self._error("empty")
        if place.num_coords > MOST_VERTICES:
            raise self._error("vertices", count=place.num_coords, most=MOST_VERTICES)
        return GEOSGeometry(WKBWriter(dim=2).write(place), srid=place.srid)

    def _in_wgs84(self, place: GEOSGeometry) -> GEOSGeometry:
        if place.srid not in (None, WGS84):
            try:
                place.transform(WGS84)
            except (GEOSException, GDALException) as error:
                raise self._error("crs", srid=place.srid) from error
        place.srid = WGS84
        try:
            west, south, east, north = place.extent
        except ValueError as error:  # of NaN, GEOS makes no box
            raise self._error("outside") from error
        if not all(math.isfinite(bound) for bound in (west, south, east, north)):
            raise self._error("outside")
        if max(abs(south), abs(north)) > 90 and max(abs(west), abs(east)) <= 90:
            raise self._error("swapped", latitude=f"{north if abs(north) > 90 else south:g}")
        if max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 180:
            raise self._error("outside")
        return place

    def _error(self, code: str, **params: object) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)
