"""Areas of a file's rows: boundaries of regions, terrain."""

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.utils.translation import gettext as _

from registry.importing.coordinates import from_wkt, to_wgs84
from registry.importing.intake import Intake
from registry.importing.table import Cells
from registry.importing.tangles import refuse_tangles
from registry.places import tangled


def read_shapes(intake: Intake) -> tuple[Cells, str | None]:
    """The geometry of each row (None where it has none) in WGS 84, repaired where invalid in itself, and the name of
    the CRS it was given in; the file's own geometry goes before WKT."""
    count = len(intake.table)
    geometry, srids = intake.table.geometry, np.zeros(count, dtype=np.int64)
    texts = intake.cells("wkt")
    if geometry is None and texts is not None:
        geometry, srids, errors = from_wkt(texts)
        for index, reason in errors.items():
            intake.refuse(index, "wkt", reason)
    if geometry is None:
        return np.full(count, None, dtype=object), None
    places = to_wgs84(geometry, srids, intake.options.crs, intake.table.crs)
    for index, reason in places.errors.items():
        intake.refuse(index, "wkt", reason)
    for index in refuse_tangles(places.geometry):
        intake.refuse(index, "wkt", tangled())
    invalid = ~shapely.is_missing(places.geometry) & ~shapely.is_valid(places.geometry)
    repaired = shapely.make_valid(places.geometry)
    for n in np.flatnonzero(invalid):
        intake.warn(_("The area was invalid in itself and has been repaired."), int(n), "wkt")
    return repaired, places.crs


def multi_polygon(area: shapely.Geometry | None) -> MultiPolygon | None:
    """The areal parts of a geometry; lines and points that a repair left over are dropped."""
    if area is None:
        return None
    parts = shapely.get_parts(shapely.get_parts([shapely.force_2d(area)]))
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    if not len(areas):
        return None
    polygons = [GEOSGeometry(memoryview(shapely.to_wkb(part)), srid=4326) for part in areas]
    return MultiPolygon([part for part in polygons if isinstance(part, Polygon)], srid=4326)
