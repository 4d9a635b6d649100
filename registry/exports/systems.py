"""Coordinates in a chosen system: the way back of importing.coordinates."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from registry.exports.table import GEOMETRY, ExportRefused
from registry.importing.coordinates import WGS84, Floats, bd09_shift, gcj02_shift

SHIFTED: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "gcj02": gcj02_shift,
    "bd09": lambda lon, lat: bd09_shift(*gcj02_shift(lon, lat)),
}


def known_system(text: str) -> str:
    """`EPSG:n` of longitudes and latitudes or of a plane, `gcj02` or `bd09`. Raises ExportRefused for all else."""
    name = text.strip().lower()
    if name in SHIFTED:
        return name
    if re.fullmatch(r"epsg:[0-9]{1,6}", name):
        try:
            system = pyproj.CRS.from_epsg(int(name[5:]))
        except CRSError:
            system = None
        if system is not None and (system.is_geographic or system.is_projected) and len(system.axis_info) == 2:
            return name.upper()
    raise ExportRefused(
        _("A coordinate system is EPSG:n, such as EPSG:4490, EPSG:3857 or EPSG:2154, or else gcj02 or bd09.")
    )


def moved(batches: Iterator[Any], crs: str) -> Iterator[Any]:
    """The batches with their places, in WGS 84, brought to `crs`. Raises ExportRefused for a place beyond it."""
    if crs == WGS84:
        yield from batches
        return
    move = SHIFTED.get(crs) or pyproj.Transformer.from_crs(WGS84, crs, always_xy=True).transform
    for batch in batches:
        at = batch.schema.get_field_index(GEOMETRY)
        places = shapely.from_wkb(batch.column(at).to_numpy(zero_copy_only=False))
        there = ~shapely.is_missing(places)
        coordinates = shapely.get_coordinates(places[there])
        x, y = move(coordinates[:, 0], coordinates[:, 1])
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ExportRefused(_("A place lies beyond what %(crs)s is for: choose another system.") % {"crs": crs})
        places[there] = shapely.set_coordinates(places[there], np.column_stack([x, y]))
        yield batch.set_column(at, batch.schema.field(at), pa.array(shapely.to_wkb(places), pa.binary()))
