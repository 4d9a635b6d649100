"""A place as text in a form: WKT or GeoJSON in, WGS 84 out. No map widget, since those of Django load from a CDN."""

import json
from typing import Any

import numpy as np
import shapely
from django import forms
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.places import fault_of

WGS84 = 4326
MOST_CHARACTERS = 2_000_000


class PlaceField(forms.CharField):
    """A geometry typed or pasted as WKT, EWKT or GeoJSON.

    geometry_type: the OGC type it must have ("GEOMETRY" for any); a polygon will do where several may be. Cleans to a
    two-dimensional GEOSGeometry in WGS 84, or None when empty. EWKT of another SRID is transformed.
    """

    default_error_messages = {
        "unreadable": _(
            "This is neither WKT nor GeoJSON, or an outline does not end where it began. Write longitude before "
            "latitude, as in POINT(114.3055 30.5928) or LINESTRING(114.30 30.59, 114.31 30.60)."
        ),
        "type": _("A %(wanted)s is needed here, this is a %(given)s."),
        "outside": _(
            "Longitudes lie within ±180° and latitudes within ±90°. Projected coordinates need their SRID in front, "
            "as in SRID=4547;POINT(…)."
        ),
        "crs": _("SRID %(srid)s is unknown: use the EPSG code of the coordinates, or convert them to WGS 84."),
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
        return self.checked(self._read(text)) if text else None

    def checked(self, place: shapely.Geometry) -> GEOSGeometry:
        """A geometry in WGS 84, without heights, as the column takes it; raises ValidationError with what to do."""
        fault = fault_of(place)
        if fault:
            raise ValidationError(self.error_messages.get(fault.code, fault.reason), code=fault.code)
        wanted, given = self.geometry_type.upper(), place.geom_type.upper()
        if wanted == "MULTIPOLYGON" and given == "POLYGON":
            place = shapely.multipolygons([place])
        elif wanted not in ("GEOMETRY", given):
            raise self._error("type", wanted=wanted, given=given)
        return GEOSGeometry(memoryview(shapely.to_wkb(place, output_dimension=2)), srid=WGS84)

    def _read(self, text: str) -> shapely.Geometry:
        try:
            if text.lstrip().startswith("{"):
                content = json.loads(text)
                return shapely.from_geojson(json.dumps(content.get("geometry", content)))
            stated = GEOSGeometry(text)
        except (
            ValueError, TypeError, AttributeError, RecursionError, GEOSException, GDALException,
            shapely.errors.GEOSException,
        ) as error:  # fmt: skip
            raise self._error("unreadable") from error
        if stated.srid not in (None, WGS84):
            try:
                stated.transform(WGS84)
            except (GEOSException, GDALException) as error:
                raise self._error("crs", srid=stated.srid) from error
        if stated.empty:
            return shapely.Point()
        with np.errstate(invalid="ignore"):
            return shapely.from_wkb(bytes(stated.wkb))

    def _error(self, code: str, **params: object) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)
