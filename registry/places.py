"""What can be a place on Earth, by whichever door it comes: typed, drawn, sent by a program, in a file or a filter."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from shapely import GeometryType

MOST_CORNERS = 40_000
AREAS = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
# Whether an outline crosses itself is found by looking at each two sides that come near each other: 100 ns a pair.
MOST_NEAR = 5_000_000
FEW_CORNERS, SAMPLED_SIDES = 2_000, 100


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a geometry is no place. code: stable, for programs."""

    code: str
    reason: str


def fault_of(place: shapely.Geometry) -> Fault | None:
    """What keeps a geometry in longitude and latitude from being a place as it is; None where nothing does."""
    if place.is_empty:
        return Fault("empty", _("The geometry has no coordinates: enter at least one."))
    if place.geom_type == "GeometryCollection":
        return Fault("collection", _("A collection is no place: give one geometry, such as a MULTIPOLYGON."))
    corners = shapely.get_num_coordinates(place)
    if corners > MOST_CORNERS:
        return Fault("vertices", too_many_corners(corners))
    found = misplaced(np.array([place], dtype=object)).get(0)
    if found:
        return found
    if is_tangled(place):
        return Fault("tangled", tangled())
    return None if place.is_valid else _broken(place)


def too_many_corners(corners: int) -> str:
    return _("The place has %(corners)s corners, more than %(most)s: simplify it.") % {
        "corners": f"{corners:,}",
        "most": f"{MOST_CORNERS:,}",
    }


def tangled() -> str:
    return _("The outline winds or crosses itself too closely to be looked through: draw it anew, or simplify it.")


def misplaced(geometry: NDArray[Any]) -> dict[int, Fault]:
    """By its index, why a geometry (or None) is not on Earth, or goes round it."""
    minx, miny, maxx, maxy = shapely.bounds(geometry).T
    present = ~shapely.is_missing(geometry)
    with np.errstate(invalid="ignore"):
        fits = (minx >= -180) & (maxx <= 180) & (miny >= -90) & (maxy <= 90)
        swapped = (miny >= -180) & (maxy <= 180) & (minx >= -90) & (maxx <= 90)
    faults = {}
    for n in np.flatnonzero(present & ~fits):
        if swapped[n]:
            said = _("The latitude %(y).6g is impossible; longitude and latitude look swapped.") % {"y": maxy[n]}
            faults[int(n)] = Fault("swapped", said)
        else:
            said = _("%(x).8g, %(y).8g is not a longitude and latitude.") % {"x": minx[n], "y": miny[n]}
            faults[int(n)] = Fault("outside", said)
    coordinates, places = shapely.get_coordinates(geometry, return_index=True)
    for n in np.unique(places[~np.isfinite(coordinates).all(axis=1)]):
        faults[int(n)] = Fault("number", _("A coordinate is no number."))
    for n in np.flatnonzero(present & (maxx - minx > 180)):
        if int(n) not in faults and _goes_round(geometry[n]):
            faults[int(n)] = Fault("round", _("It goes round the earth: cut it where it crosses the 180th meridian."))
    return faults


def is_tangled(place: shapely.Geometry) -> bool:
    """Whether so many sides of an area come near each other that looking for crossings does not end in time, as of a
    comb with slanting teeth. About how many pairs, by a sample."""
    if shapely.get_dimensions(place) < 2 or shapely.get_num_coordinates(place) <= FEW_CORNERS:
        return False
    sides, _line = sides_of(place)
    west, east = np.sort(sides[:, :, 0], axis=1).T
    south, north = np.sort(sides[:, :, 1], axis=1).T
    sample = slice(None, None, max(1, len(sides) // SAMPLED_SIDES))
    near = [
        np.count_nonzero((west <= e) & (east >= w) & (south <= n) & (north >= s))
        for w, e, s, n in zip(west[sample], east[sample], south[sample], north[sample], strict=True)
    ]
    return float(np.mean(near)) * len(sides) / 2 > MOST_NEAR


def sides_of(place: shapely.Geometry) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The straight pieces of all lines and outlines, each as its two corners, and which are of areas."""
    parts = shapely.get_parts(place)
    areas = np.isin(shapely.get_type_id(parts), AREAS)
    rings = shapely.get_rings(shapely.get_parts(parts[areas]))
    corners, line = shapely.get_coordinates([*rings, *parts[~areas]], return_index=True)
    joined = line[1:] == line[:-1]
    return np.stack([corners[:-1], corners[1:]], axis=1)[joined], line[1:][joined] < len(rings)


def _goes_round(place: shapely.Geometry) -> bool:
    """Whether two neighbouring corners are more than half the earth apart, as where the 180th meridian is crossed. An
    area may reach from it to it, as one of the whole earth does."""
    sides, of_area = sides_of(place)
    steps = np.abs(np.diff(sides[:, :, 0], axis=1)).ravel()
    return bool(((steps > 180) & ~(of_area & (steps == 360))).any())


def _broken(place: shapely.Geometry) -> Fault:
    """In the words of GEOS there is where: "Self-intersection[114.3 30.5]"."""
    if shapely.get_type_id(place) not in AREAS:
        return Fault("length", _("The line has no length."))
    _why, _bracket, where = shapely.is_valid_reason(place).partition("[")
    said = _("The outline crosses or touches itself near %(where)s: draw it anew there.")
    return Fault("crossing", said % {"where": where.rstrip("]")})
