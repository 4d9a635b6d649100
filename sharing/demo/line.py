"""A line on the ground, measured along itself in metres."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from math import atan2, cos, radians, sin
from typing import TypeAlias

from pyproj import Geod

Place: TypeAlias = tuple[float, float]
"""Longitude and latitude, WGS 84 degrees."""

WGS84 = Geod(ellps="WGS84")
METRES_PER_DEGREE = 110_860.0  # of latitude, at 30.6° north


class Line:
    """A polyline in WGS 84. Places on it are given by the distance from its start, in geodesic metres."""

    def __init__(self, points: Sequence[Place]) -> None:
        self.points = list(points)

    @cached_property
    def _marks(self) -> list[float]:
        steps = (WGS84.inv(*a, *b)[2] for a, b in pairwise(self.points))
        return list(accumulate(steps, initial=0.0))

    @property
    def length_m(self) -> float:
        return self._marks[-1]

    def at(self, along_m: float) -> Place:
        """The place `along_m` from the start; the ends for distances outside the line."""
        along_m = min(max(along_m, 0.0), self.length_m)
        after = min(max(bisect_right(self._marks, along_m), 1), len(self.points) - 1)
        (x, y), (to_x, to_y) = self.points[after - 1], self.points[after]
        step = self._marks[after] - self._marks[after - 1]
        part = (along_m - self._marks[after - 1]) / step if step else 0.0
        return rounded((x + part * (to_x - x), y + part * (to_y - y)))

    def heading(self, along_m: float) -> float:
        """Direction there, radians anticlockwise from east, smoothed over 30 m."""
        (x, y), (to_x, to_y) = self.at(along_m - 15), self.at(along_m + 15)
        return atan2(to_y - y, (to_x - x) * cos(radians(y)))

    def beside(self, along_m: float, right_m: float) -> Place:
        """The place `right_m` to the right of the line there, negative to the left."""
        return moved(self.at(along_m), self.heading(along_m) - radians(90), right_m) if right_m else self.at(along_m)

    def between(self, start_m: float, end_m: float, right_m: float = 0.0) -> list[Place]:
        """The part from `start_m` to `end_m`, moved to the right. Neighbouring parts share their end place."""
        inner = [mark for mark in self._marks if start_m + 1 < mark < end_m - 1]
        return [self.beside(mark, right_m) for mark in (start_m, *inner, end_m)]

    def cut(self, step_m: float) -> list[float]:
        """Distances that cut the line into equal parts of about `step_m`, both ends included."""
        parts = max(1, round(self.length_m / step_m))
        return [self.length_m * part / parts for part in range(parts + 1)]


def moved(place: Place, direction: float, distance_m: float) -> Place:
    """The place `distance_m` from `place` in a direction (radians anticlockwise from east), for streets' distances."""
    step = distance_m / METRES_PER_DEGREE
    return rounded((place[0] + step * cos(direction) / cos(radians(place[1])), place[1] + step * sin(direction)))


def rounded(place: Place) -> Place:
    """To a decimetre and a bit, so that files and machines agree to the last digit."""
    return round(place[0], 7), round(place[1], 7)


def length_m(points: Sequence[Place]) -> float:
    """Geodesic length."""
    return Line(points).length_m
