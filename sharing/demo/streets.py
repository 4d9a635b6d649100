"""Stations and streets. The data has no stations: they stand at regular steps along the real metro lines. Streets
follow the lines on both sides, and cross them at each station; links join lines that come near one another."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import radians
from random import Random

from sharing.demo.line import WGS84, Line, Place, moved
from sharing.demo.wuhan import MetroLine, metro_lines

STATION_STEP_M = 1200.0
SIDE_M = 30.0  # from the middle of the track to the ducts beside it
CROSS_STREET_M = 1500.0
LINK_WITHIN_M = 2600.0


@dataclass(frozen=True)
class Station:
    """A place where one may enter the tunnel, with a chamber in the street on either side (left, right)."""

    code: str
    place: Place
    left: Place
    right: Place
    heading: float


@dataclass(frozen=True)
class Section:
    """A metro line from one station to the next. start_m, end_m: along `line`."""

    code: str
    line: Line
    start_m: float
    end_m: float
    start: Station
    end: Station
    elevated: bool


@dataclass(frozen=True)
class Street:
    """A street that crosses the metro at a station, from the chamber on one side outwards."""

    code: str
    line: Line


@dataclass(frozen=True)
class Link:
    """The street between stations of two metro lines."""

    code: str
    line: Line


@cache
def sections() -> list[Section]:
    """Sections of all first tracks."""
    return [section for number, stretch in enumerate(_first_tracks()) for section in _sections_of(number, stretch)]


@cache
def stations() -> list[Station]:
    found = {station.code: station for section in sections() for station in (section.start, section.end)}
    return [found[code] for code in sorted(found)]


@cache
def cross_streets() -> list[Street]:
    """Two streets a station, one to each side, with a bend or two."""
    return [street for station in stations() for street in _streets_of(station)]


@cache
def links() -> list[Link]:
    """For every two stretches of metro that come near one another, the street between their nearest stations."""
    by_stretch: dict[str, list[Station]] = {}
    for station in stations():
        by_stretch.setdefault(station.code[:3], []).append(station)
    found = []
    for ours, theirs in combinations(by_stretch.values(), 2):
        distance, start, end = min(
            ((WGS84.inv(*a.place, *b.place)[2], a, b) for a in ours for b in theirs),
            key=lambda pair: (pair[0], pair[1].code, pair[2].code),
        )
        if 60 < distance <= LINK_WITHIN_M:
            found.append(Link(f"{start.code}-{end.code}", Line([start.left, end.left])))
    return found


def second_tracks() -> list[MetroLine]:
    return [stretch for stretch in metro_lines() if stretch.second_track]


def _first_tracks() -> list[MetroLine]:
    return [stretch for stretch in metro_lines() if not stretch.second_track]


def _sections_of(number: int, stretch: MetroLine) -> Iterator[Section]:
    line, prefix = stretch.line, f"{stretch.number}{'ABCDEF'[number]}-"
    marks = line.cut(STATION_STEP_M)
    stops = [
        Station(f"{prefix}{place:02d}", line.at(m), line.beside(m, -SIDE_M), line.beside(m, SIDE_M), line.heading(m))
        for place, m in enumerate(marks, 1)
    ]
    for (start_m, end_m), (start, end) in zip(pairwise(marks), pairwise(stops), strict=True):
        yield Section(start.code, line, start_m, end_m, start, end, elevated=stretch.number == "1")


def _streets_of(station: Station) -> Iterator[Street]:
    for side, start, turn in (("L", station.left, 90), ("R", station.right, -90)):
        chance = Random(f"street {station.code}{side}")
        points, direction = [start], station.heading + radians(turn)
        for _bend in range(3):
            direction += radians(chance.uniform(-12, 12))
            points.append(moved(points[-1], direction, CROSS_STREET_M / 3))
        yield Street(f"{station.code}{side}", Line(points))
