"""Places: decimals, decimal commas, degrees-minutes-seconds, WKT; any CRS, and China's shifted ones, to WGS 84.

Coordinates are never repaired in silence: what can be right only when swapped is refused with a reason that says so.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from registry.importing.quantities import decimal_comma, is_blank, parse_column, parse_number, plain_numbers
from registry.importing.table import Cells, UnreadableFile
from registry.places import misplaced

Floats = NDArray[np.float64]
WGS84 = "EPSG:4326"
HEMISPHERES = {"N": 1, "S": -1, "E": 1, "W": -1, "O": -1, "北纬": 1, "南纬": -1, "东经": 1, "西经": -1}
LATITUDE_WORDS = frozenset({"N", "S", "北纬", "南纬"})
NUMERALS = r"\d+(?:[.,]\d+)?"
SEXAGESIMAL = re.compile(
    rf"(?P<sign>-)?(?P<degrees>{NUMERALS})\s*(?:[°º度]|[dD]|\s)\s*"
    rf"(?:(?P<minutes>{NUMERALS})\s*(?:['′’分]|\s|$)\s*)?(?:(?P<seconds>{NUMERALS})\s*(?:[\"″”秒]|''|$)?)?\s*\Z"
)
EWKT = re.compile(r"\s*SRID=(\d+);", re.IGNORECASE)

# Krasovsky 1940 ellipsoid, as the Chinese map services' published shift uses it.
_KRASOVSKY_A, _KRASOVSKY_EE = 6378245.0, 0.00669342162296594323
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_BD = np.pi * 3000.0 / 180.0
INVERSE_STEPS = 12
MOST_SYSTEMS = 20


@dataclass(frozen=True, slots=True)
class Places:
    """Geometries in longitude and latitude of WGS 84 (None where a row has none or it was refused), the refusals, the
    CRS they were read in, and remarks on the file as a whole."""

    geometry: Cells
    errors: dict[int, str]
    crs: str
    warnings: tuple[str, ...] = ()


def parse_angles(cells: Cells, *, latitude: bool) -> tuple[Floats, dict[int, str]]:
    """A column of longitudes, latitudes or projected ordinates as numbers; NaN where blank or refused."""
    plain = plain_numbers(cells)
    if plain is not None:
        return plain, {}
    comma = decimal_comma(cells)
    parsed = parse_column(cells, lambda text: parse_angle(text, latitude=latitude, comma_is_decimal=comma))
    values = np.array([np.nan if value is None else value for value in parsed.values], dtype=np.float64)
    return values, parsed.errors


def parse_angle(text: str, *, latitude: bool, comma_is_decimal: bool | None = True) -> float:
    """One angle in degrees. Raises ValueError with the reason.

    >>> parse_angle("30°35'12.5\\"N", latitude=True), parse_angle("114,305", latitude=False)
    (30.586805555555557, 114.305)
    """
    # NFKC would tear a double prime in two.
    rest = unicodedata.normalize("NFKC", text.replace("″", '"').replace("′", "'")).strip()
    word = next((w for w in HEMISPHERES if rest.upper().startswith(w) or rest.upper().endswith(w)), None)
    if word:
        if (word in LATITUDE_WORDS) != latitude:
            raise ValueError(
                _("“%(text)s” is a latitude in the column of longitudes.") % {"text": text}
                if word in LATITUDE_WORDS
                else _("“%(text)s” is a longitude in the column of latitudes.") % {"text": text}
            )
        rest = (rest[len(word) :] if rest.upper().startswith(word) else rest[: -len(word)]).strip()
    sign = HEMISPHERES[word] if word else 1
    found = SEXAGESIMAL.match(rest)
    if found and (found["minutes"] or re.search("[°º度]", rest)):
        degrees, minutes, seconds = (
            float((found[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
        )
        if minutes >= 60 or seconds >= 60:
            raise ValueError(_("“%(text)s” has 60 or more minutes or seconds.") % {"text": text})
        return (-1 if found["sign"] else 1) * sign * (degrees + minutes / 60 + seconds / 3600)
    return sign * parse_number(rest, comma_is_decimal=comma_is_decimal is not False)


def from_ordinates(x: Floats, y: Floats) -> Cells:
    """Points, None where an ordinate is missing."""
    geometry = np.full(len(x), None, dtype=object)
    present = np.isfinite(x) & np.isfinite(y)
    geometry[present] = shapely.points(x[present], y[present])
    return geometry


def from_wkt(cells: Cells) -> tuple[Cells, NDArray[np.int64], dict[int, str]]:
    """Geometries of a column of WKT or EWKT, the SRID of each row (0 where it states none), and the refusals."""
    texts = ["" if cell is None or is_blank(str(cell)) else str(cell) for cell in cells.tolist()]
    found = [EWKT.match(text) for text in texts]
    # An EPSG code has at most six digits; a longer number is none that could be known.
    srids = np.array([int(match[1][:9]) if match else 0 for match in found], dtype=np.int64)
    bare = [text[match.end() :] if match else text for text, match in zip(texts, found, strict=True)]
    geometry = np.full(len(bare), None, dtype=object)
    filled = np.array([bool(text) for text in bare], dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        geometry[filled] = shapely.force_2d(
            shapely.from_wkt(np.array(bare, dtype=object)[filled], on_invalid="ignore")
        )
    unreadable = filled & shapely.is_missing(geometry)
    errors = {int(n): _("The geometry is not well-known text (WKT).") for n in np.flatnonzero(unreadable)}
    return geometry, srids, errors


def to_wgs84(geometry: Cells, srids: NDArray[np.int64], declared: str | None, stated: str | None) -> Places:
    """Bring `geometry` to WGS 84.

    The CRS is the one `declared` by the sender ("EPSG:n", "gcj02" or "bd09"), else the row's own (EWKT), else the one
    `stated` by the file. Where there is none, coordinates must be longitudes and latitudes: raises UnreadableFile for
    a file most of whose places cannot be.
    """
    warnings = []
    crs = declared or stated
    name = crs_name(crs) if crs else WGS84
    if declared and stated and crs_name(stated) != name:
        warnings.append(
            _("The file states %(stated)s; it was read in %(declared)s as told.")
            % {"stated": crs_name(stated), "declared": name}
        )
    placed = np.array(geometry, dtype=object)
    if declared or not srids.any():
        if crs is None:
            _refuse_projected(placed)
        placed = _transformed(placed, crs or WGS84)
        unknown: dict[int, str] = {}
    else:
        placed, unknown = _each_transformed(placed, srids, crs or WGS84)
        name = ", ".join(dict.fromkeys(f"EPSG:{srid}" if srid else name for srid in np.unique(srids)))
    refused = {n: fault.reason for n, fault in misplaced(placed).items()}
    return Places(placed, refused | unknown, name, tuple(warnings))


def _each_transformed(geometry: Cells, srids: NDArray[np.int64], crs: str) -> tuple[Cells, dict[int, str]]:
    """By the system that each row states, and the reason for each whose system is not known; those have no place.
    Raises UnreadableFile for more systems than any file has."""
    stated = np.unique(srids)
    if len(stated) > MOST_SYSTEMS:
        raise UnreadableFile(
            _("The file states more than %(most)d coordinate systems: send it in parts.") % {"most": MOST_SYSTEMS}
        )
    errors: dict[int, str] = {}
    for srid in stated:
        rows = srids == srid
        try:
            geometry[rows] = _transformed(geometry[rows], f"EPSG:{srid}" if srid else crs)
        except UnreadableFile as error:
            geometry[rows] = None
            errors |= {int(n): str(error) for n in np.flatnonzero(rows)}
    return geometry, errors


def crs_name(crs: str) -> str:
    """`EPSG:2154` for whatever notation; the CRS's own name where it has no EPSG code. Raises UnreadableFile."""
    if crs.lower() in SHIFTED:
        return crs.lower()
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise UnreadableFile(_("The coordinate system “%(crs)s” is not known.") % {"crs": crs}) from error
    code = parsed.to_epsg()
    return f"EPSG:{code}" if code else parsed.name


def outside(geometry: Cells, extent: tuple[float, float, float, float]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which places lie outside `extent` (west, south, east, north), and which of those lie inside when swapped."""
    minx, miny, maxx, maxy = shapely.bounds(geometry).T
    west, south, east, north = extent
    with np.errstate(invalid="ignore"):
        inside = (minx >= west) & (maxx <= east) & (miny >= south) & (maxy <= north)
        swapped = (miny >= west) & (maxy <= east) & (minx >= south) & (maxx <= north)
    present = ~shapely.is_missing(geometry)
    return present & ~inside, present & ~inside & swapped


def gcj02_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 to GCJ-02, the datum of Chinese web maps: the published approximation of its shift, in degrees.
    Outside the rectangle the services use for China there is none."""
    x, y = lon - 105.0, lat - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    common = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    dlat += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    dlat += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    dlon += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    dlon += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1 - _KRASOVSKY_EE * np.sin(radians) ** 2
    dlat = np.degrees(dlat * magic * np.sqrt(magic) / (_KRASOVSKY_A * (1 - _KRASOVSKY_EE)))
    dlon = np.degrees(dlon * np.sqrt(magic) / (_KRASOVSKY_A * np.cos(radians)))
    inside = (lon >= _CHINA[0]) & (lon <= _CHINA[2]) & (lat >= _CHINA[1]) & (lat <= _CHINA[3])
    return lon + np.where(inside, dlon, 0.0), lat + np.where(inside, dlat, 0.0)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The exact inverse of `gcj02_shift`, by iteration, to below 1e-12 degree."""
    x, y = lon, lat
    for _step in range(INVERSE_STEPS):
        there_x, there_y = gcj02_shift(x, y)
        x, y = x + (lon - there_x), y + (lat - there_y)
    return x, y


def bd09_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 to BD-09, Baidu's further shift, in degrees."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """BD-09 to WGS 84, both shifts inverted by iteration."""
    x, y = lon - 0.0065, lat - 0.006
    for _step in range(INVERSE_STEPS):
        there_x, there_y = bd09_shift(x, y)
        x, y = x + (lon - there_x), y + (lat - there_y)
    return gcj02_to_wgs84(x, y)


SHIFTED: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}


def _transformed(geometry: Cells, crs: str) -> Cells:
    if crs_name(crs) == WGS84:
        return geometry
    present = ~shapely.is_missing(geometry)
    x, y = shapely.get_coordinates(geometry[present]).T
    if crs.lower() in SHIFTED:
        x, y = SHIFTED[crs.lower()](x, y)
    else:
        transformer = pyproj.Transformer.from_crs(pyproj.CRS.from_user_input(crs), WGS84, always_xy=True)
        x, y = transformer.transform(x, y)
    moved = geometry.copy()
    moved[present] = shapely.set_coordinates(geometry[present].copy(), np.column_stack([x, y]))
    return moved


def _refuse_projected(geometry: Cells) -> None:
    placed = geometry[~shapely.is_missing(geometry)]
    if not len(placed):
        return
    bounds = np.abs(shapely.bounds(placed))
    projected = (bounds > 180).any(axis=1) & np.isfinite(bounds).all(axis=1)
    if projected.sum() * 2 > len(placed):
        x, y = shapely.bounds(placed[projected])[0][:2]
        raise UnreadableFile(
            _("Coordinates such as %(x).7g, %(y).7g are not longitudes and latitudes: state their system with --crs.")
            % {"x": x, "y": y}
        )
