"""Where the rows of a file are: geometry of the kind that is asked for, in WGS 84, each refusal with its reason."""

import re
from collections.abc import Sequence

import numpy as np
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from shapely import GeometryType

from registry.importing.coordinates import from_ordinates, from_wkt, outside, parse_angles, to_wgs84
from registry.importing.intake import Intake
from registry.importing.table import Cells
from registry.importing.tangles import refuse_tangles
from registry.places import AREAS, tangled

PLACE_TARGETS = ("wkt", "lon", "lat", "lon_lat", "lat_lon")
FAR_DEGREES, NEAR_DEGREES = 10.0, 2.0


def has_places(intake: Intake) -> bool:
    """Whether the file says where anything is."""
    return intake.table.geometry is not None or any(intake.has(target) for target in PLACE_TARGETS)


def read_places(intake: Intake, geometry_type: str) -> tuple[Cells, str]:
    """The rows' geometries as `geometry_type` ("Point" or "LineString") and the name of the CRS they were given in.

    The file's own geometry goes before WKT, and WKT before columns of coordinates. None where a row was refused; a row
    without a place is. Raises UnreadableFile when the coordinates' system is not known.
    """
    raw, srids, target = raw_places(intake)
    places = to_wgs84(raw, srids, intake.options.crs, intake.table.crs)
    for text in places.warnings:
        intake.warn(text)
    for index, reason in places.errors.items():
        intake.refuse(index, target, reason)
    shaped, wrong = conform(places.geometry, geometry_type)
    areas = np.isin(shapely.get_type_id(places.geometry), AREAS) & ~shapely.is_missing(shaped)
    if areas.any():
        intake.warn(_("%(count)d areas were taken as a point inside each of them.") % {"count": int(areas.sum())})
    for index, reason in wrong.items():
        if index not in intake.problems:
            intake.refuse(index, target, reason)
    _refuse_swapped_among_others(intake, shaped, target)
    return shaped, places.crs


def conform(geometry: Cells, geometry_type: str) -> tuple[Cells, dict[int, str]]:
    """Geometries as Point or LineString, and the reason for each that is none.

    A collection of one part is that part; lines that join end to end are one line; an area that should be a point
    becomes one inside it. A line in several separate parts is refused: its owner must say which is the asset.
    """
    shaped = np.array(geometry, dtype=object)
    kinds = shapely.get_type_id(shaped)
    single = np.isin(kinds, (GeometryType.MULTIPOINT, GeometryType.GEOMETRYCOLLECTION)) & (
        shapely.get_num_geometries(shaped) == 1
    )
    shaped[single] = shapely.get_geometry(shaped[single], 0)
    joined = kinds == GeometryType.MULTILINESTRING
    shaped[joined] = shapely.line_merge(shaped[joined])
    joined &= shapely.get_type_id(shaped) == GeometryType.MULTILINESTRING
    one_part = joined & (shapely.get_num_geometries(shaped) == 1)
    shaped[one_part] = shapely.get_geometry(shaped[one_part], 0)
    tangles: list[int] = []
    if geometry_type == "Point":
        areas = np.isin(shapely.get_type_id(shaped), AREAS)
        tangles = refuse_tangles(shaped)
        shaped[areas] = shapely.point_on_surface(shapely.make_valid(shaped[areas]))
    wanted = GeometryType.POINT if geometry_type == "Point" else GeometryType.LINESTRING
    empty = shapely.is_missing(shaped) | shapely.is_empty(shaped)
    stray = ~empty & (shapely.get_type_id(shaped) != wanted)
    dots = ~empty & ~stray & (wanted == GeometryType.LINESTRING) & (shapely.length(shaped) == 0)
    reasons = {int(n): _("The row has no geometry.") for n in np.flatnonzero(empty)}
    for n in np.flatnonzero(stray):
        reasons[int(n)] = _wrong_type(shaped[n], geometry_type)
    reasons |= {int(n): _("The line has no length.") for n in np.flatnonzero(dots)}
    reasons |= {n: tangled() for n in tangles}
    shaped[empty | stray | dots] = None
    return shaped, reasons


def place_codes(geometry: Cells, rows: NDArray[np.bool_]) -> list[str]:
    """A code for each of `rows` made from its place, "" for the others: `@latitude,longitude` to 0.1 m, of a line's
    two ends. Further rows at the same place get #2, #3 and so on, in the order of the file."""
    codes = [""] * len(geometry)
    seen: dict[str, int] = {}
    starts = np.flatnonzero(rows & ~shapely.is_missing(geometry))
    placed = geometry[starts]
    is_line = shapely.get_type_id(placed) == GeometryType.LINESTRING
    first = np.where(is_line, shapely.get_point(placed, 0), placed)
    last = shapely.get_point(placed, -1)
    ends = [(shapely.get_x(first), shapely.get_y(first)), (shapely.get_x(last), shapely.get_y(last))]
    names = [f"@{y:.6f},{x:.6f}" for x, y in zip(*(part.tolist() for part in ends[0]), strict=True)]
    tails = [f"~{y:.6f},{x:.6f}" for x, y in zip(*(part.tolist() for part in ends[1]), strict=True)]
    for index, name, tail, line in zip(starts.tolist(), names, tails, is_line.tolist(), strict=True):
        code = name + tail if line else name
        seen[code] = count = seen.get(code, 0) + 1
        codes[index] = code if count == 1 else f"{code}#{count}"
    return codes


def check_extent(intake: Intake, geometry: Cells, extent: tuple[float, float, float, float]) -> None:
    """Refuse what lies inside `extent` (west, south, east, north) only when swapped; warn of what lies outside."""
    away, swapped = outside(geometry, extent)
    target = _place_target(intake)
    away[list(intake.problems)] = False
    for index in np.flatnonzero(away):
        if swapped[index]:
            intake.refuse(int(index), target, _("Longitude and latitude look swapped: only so is it in its country."))
        else:
            intake.warn(_("The place lies outside the country of its region."), int(index), target)


def raw_places(intake: Intake) -> tuple[Cells, NDArray[np.int64], str]:
    """Geometries as the file gives them, the SRID each row states (0 for none), and the target they came from."""
    count = len(intake.table)
    none = np.zeros(count, dtype=np.int64)
    if intake.table.geometry is not None:
        return intake.table.geometry, none, ""
    geometry, srids = np.full(count, None, dtype=object), none
    texts = intake.cells("wkt")
    if texts is not None:
        geometry, srids, errors = from_wkt(texts)
        for index, reason in errors.items():
            intake.refuse(index, "wkt", reason)
    pairs = ordinates(intake)
    if pairs is not None:
        missing = shapely.is_missing(geometry)
        missing[list(intake.problems)] = False
        geometry[missing] = from_ordinates(*pairs)[missing]
    return geometry, srids, _place_target(intake)


def ordinates(intake: Intake, prefix: str = "") -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The columns of longitudes and latitudes whose targets begin with `prefix`, NaN where blank or refused."""
    names: Sequence[str] = (f"{prefix}lon", f"{prefix}lat")
    lon, lat = map(intake.cells, names)
    for target in (f"{prefix}lon_lat", f"{prefix}lat_lon"):
        joined = intake.cells(target)
        if (lon is None or lat is None) and joined is not None:
            first, second = _split(joined)
            lon, lat = (first, second) if target.endswith("lon_lat") else (second, first)
            names = (target, target)
    if lon is None or lat is None:
        return None
    x, x_errors = parse_angles(lon, latitude=False)
    y, y_errors = parse_angles(lat, latitude=True)
    for errors, name in ((x_errors, names[0]), (y_errors, names[1])):
        for index, reason in errors.items():
            intake.refuse(index, name, reason)
    return x, y


def _split(cells: Cells) -> tuple[Cells, Cells]:
    """`114.3,30.5` or `114.3 30.5` or `(114,3; 30,5)` into its two halves."""
    halves = np.full((2, len(cells)), None, dtype=object)
    for n, cell in enumerate(cells):
        parts = [part for part in re.split(r"[,;，；、\s]+", str(cell or "").strip("()[] ")) if part]
        if len(parts) == 4:
            parts = [".".join(parts[:2]), ".".join(parts[2:])]
        if len(parts) == 2:
            halves[:, n] = parts
    return halves[0], halves[1]


def _refuse_swapped_among_others(intake: Intake, geometry: Cells, target: str) -> None:
    """A row far from the middle of the file's places, whose swapped place is near it, has its coordinates swapped."""
    bounds = shapely.bounds(geometry)
    placed = ~np.isnan(bounds[:, 0])
    if placed.sum() < 3:
        return
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    middle_x, middle_y = np.median(x[placed]), np.median(y[placed])
    far = np.maximum(np.abs(x - middle_x), np.abs(y - middle_y)) > FAR_DEGREES
    near_swapped = np.maximum(np.abs(y - middle_x), np.abs(x - middle_y)) < NEAR_DEGREES
    for index in np.flatnonzero(placed & far & near_swapped):
        intake.refuse(
            int(index), target, _("Longitude and latitude look swapped: only so is it near the file's other places.")
        )
        geometry[index] = None


def _place_target(intake: Intake) -> str:
    return next((target for target in PLACE_TARGETS if target in intake.recognised.columns), "")


def _wrong_type(geometry: shapely.Geometry, geometry_type: str) -> str:
    if geometry_type == "LineString" and geometry.geom_type == "MultiLineString":
        return _("The line has %(count)d separate parts: give each a row of its own.") % {"count": len(geometry.geoms)}
    return _("The geometry is a %(found)s where a %(wanted)s is needed.") % {
        "found": geometry.geom_type,
        "wanted": geometry_type,
    }
