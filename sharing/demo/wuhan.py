"""The real lines of Wuhan: metro (OpenStreetMap, January 2016) and the power grid around it, as data/ holds them."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shapely import LineString, MultiLineString
from shapely.ops import linemerge

from sharing.demo.line import Line, Place

DATA = Path(__file__).parent / "data"
METRO = DATA / "metro_cn_osm" / "cn-wuhanMetro.geojson"
POWER_LINES = DATA / "power_asia_osm" / "highvoltage_links.csv"
POWER_NODES = DATA / "power_asia_osm" / "highvoltage_vertices.csv"
# Wuhan and the neighbours its power lines come from: west, south, east, north.
AROUND = (113.6, 29.95, 115.05, 31.3)

# Names in the data to the line's number; one long stretch in the north has none.
LINES = {
    "武汉轨道交通一号线": "1",
    "武汉轨道交通二号线": "2",
    "武汉轨道交通三号线": "3",
    "武汉轨道交通四号线": "4",
    "武汉地铁4号线": "4",
    None: "N",
}
SECOND_TRACK_WITHIN = 0.0008  # degrees, some 80 m


@dataclass(frozen=True)
class MetroLine:
    """A stretch of track. second_track: runs beside a longer stretch of the same line, in a tunnel of its own."""

    number: str
    line: Line
    second_track: bool


@dataclass(frozen=True)
class PowerLine:
    """A line between two nodes of the grid. voltage_kv: the highest of its circuits, 220 where none is recorded."""

    code: str
    line: Line
    voltage_kv: float


@dataclass(frozen=True)
class Substation:
    code: str
    name: str
    place: Place
    voltage_kv: float


@cache
def metro_lines() -> list[MetroLine]:
    """Lines open to passengers (no yards, spurs, sidings), longest stretch of each line first."""
    stretches: defaultdict[str, list[LineString]] = defaultdict(list)
    for feature in json.loads(METRO.read_text(encoding="utf-8"))["features"]:
        if "service" not in feature["properties"]:
            number = LINES[feature["properties"].get("name")]
            stretches[number].append(LineString(feature["geometry"]["coordinates"]))
    found = []
    for number, parts in sorted(stretches.items()):
        merged = linemerge(MultiLineString(parts))
        whole = sorted(getattr(merged, "geoms", [merged]), key=lambda part: -part.length)
        for place, part in enumerate(whole):
            beside = any(part.within(longer.buffer(SECOND_TRACK_WITHIN)) for longer in whole[:place])
            found.append(MetroLine(number, Line(list(part.coords)), second_track=beside))
    return found


@cache
def power_lines() -> list[PowerLine]:
    """Lines with both ends around Wuhan. Circuits between the same two nodes hang on the same towers: one line."""
    by_ends: dict[frozenset[str], PowerLine] = {}
    for row in _rows(POWER_LINES):
        points = _points(row["wkt_srid_4326"])
        if not all(map(_is_around, points)):
            continue
        ends = frozenset((row["v_id_1"], row["v_id_2"]))
        line = PowerLine(f"L{row['l_id']}", Line(points), _highest_kv(row["voltage"]) or 220.0)
        known = by_ends.get(ends)
        if line.line.length_m >= 1000 and (known is None or line.voltage_kv > known.voltage_kv):
            by_ends[ends] = line
    return sorted(by_ends.values(), key=lambda line: line.code)


@cache
def substations() -> list[Substation]:
    """Substations around Wuhan; few have a name in the data."""
    found = []
    for row in _rows(POWER_NODES):
        (place,) = _points(row["wkt_srid_4326"])
        if row["typ"] == "substation" and _is_around(place):
            name = row["name"] or f"Substation {row['v_id']}"
            found.append(Substation(f"S{row['v_id']}", name, place, _highest_kv(row["voltage"]) or 220.0))
    return sorted(found, key=lambda substation: substation.code)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows with as many fields as headings; the data has a few ragged ones, none of them near Wuhan."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="#", quoting=csv.QUOTE_NONE)
        headings = next(reader)
        yield from (dict(zip(headings, row, strict=True)) for row in reader if len(row) == len(headings))


def _points(ewkt: str) -> list[Place]:
    pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", ewkt)
    return [(round(float(lon), 7), round(float(lat), 7)) for lon, lat in pairs]


def _highest_kv(voltages: str) -> float:
    """`500000;220000` is 500 kV.

    >>> _highest_kv("500000;220000"), _highest_kv("")
    (500.0, 0.0)
    """
    return max((float(volts) / 1000 for volts in voltages.split(";") if volts), default=0.0)


def _is_around(place: Place) -> bool:
    west, south, east, north = AROUND
    return west <= place[0] <= east and south <= place[1] <= north
