"""The tiles of WebMercatorQuad (OGC 17-083r4, Annex D.1) as numbers.

A place is two integers, x and y, in 1/2^30 of the world's width east and south of its north-western corner, which is a
pixel of a tile of zoom 18 that has 4,096 a side. A tile, and a cell, goes by one number, Morton's: the bits of its
column and row interleaved, so that what lies inside it at any deeper zoom is one range, and its parent is the number
without its last two bits.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PLACE_BITS = 30
EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
"""Coordinates inside a tile go from 0 to this."""
CELL_BITS = 4
"""A tile has 2^4 cells a side: 32 pixels each where a tile is drawn with 512."""
DEEPEST_TILE = PLACE_BITS - EXTENT_BITS
"""The deepest zoom that is served; clients draw closer views from it, to 4 cm."""
NORTHMOST = math.degrees(math.atan(math.sinh(math.pi)))
"""Latitude where the square of the world ends: 85.0511…°"""
HALF_WORLD_M = math.pi * 6_378_137.0
"""Half the width of the world in EPSG:3857, metres at the equator: π times the semi-major axis of WGS 84."""
# Beyond the rounding of any of these computations, in degrees: 1 cm.
HAIR = 1e-7


def places(lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
    """x and y of places in degrees of WGS 84; those beyond the square's edge are put on it."""
    x = (lon + 180.0) / 360.0
    sine = np.sin(np.radians(np.clip(lat, -NORTHMOST, NORTHMOST)))
    y = 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * math.pi)
    most = (1 << PLACE_BITS) - 1
    return (
        np.clip(np.floor(np.ldexp(x, PLACE_BITS)), 0, most).astype(np.int64),
        np.clip(np.floor(np.ldexp(y, PLACE_BITS)), 0, most).astype(np.int64),
    )


def on_the_map(lat: Floats) -> NDArray[np.bool_]:
    return np.abs(lat) <= NORTHMOST


def degrees(x: Any, y: Any, zoom: int) -> tuple[Any, Any]:
    """Longitude and latitude of the north-western corner of the tile in that column and row of a zoom."""
    size = float(1 << zoom)
    return np.asarray(x) / size * 360.0 - 180.0, np.degrees(
        np.arctan(np.sinh(math.pi * (1 - 2 * np.asarray(y) / size)))
    )


def box(x: Any, y: Any, zoom: int) -> tuple[Any, Any, Any, Any]:
    """West, south, east and north of a tile, in degrees."""
    west, north = degrees(x, y, zoom)
    east, south = degrees(np.asarray(x) + 1, np.asarray(y) + 1, zoom)
    return west, south, east, north


def number(x: Ints, y: Ints) -> Ints:
    """Morton's number of the tile in that column and row."""
    return _spread(x) | (_spread(y) << 1)


def column_and_row(numbers: Ints) -> tuple[Ints, Ints]:
    return _gathered(numbers), _gathered(numbers >> 1)


def place(lon: float, lat: float) -> tuple[int, int]:
    """places() of one."""
    x, y = places(np.array([lon]), np.array([lat]))
    return int(x[0]), int(y[0])


def number_of_tile(x: int, y: int) -> int:
    """number() of one."""
    return int(number(np.array([x]), np.array([y]))[0])


def tiles_that_meet(west: Floats, south: Floats, east: Floats, north: Floats, zoom: int) -> tuple[Ints, Ints]:
    """The tiles of a zoom that boxes in degrees touch: the index of a box, and beside it the number of a tile."""
    left, top = (at >> (PLACE_BITS - zoom) for at in places(west - HAIR, north + HAIR))
    right, bottom = (at >> (PLACE_BITS - zoom) for at in places(east + HAIR, south - HAIR))
    large = (left != right) | (top != bottom)
    of, tiles = [np.flatnonzero(~large)], [number(left[~large], top[~large])]
    for i in np.flatnonzero(large).tolist():
        x, y = np.meshgrid(np.arange(left[i], right[i] + 1), np.arange(top[i], bottom[i] + 1))
        of.append(np.full(x.size, i))
        tiles.append(number(x.ravel(), y.ravel()))
    return np.concatenate(of), np.concatenate(tiles)


# The classic halving steps: each moves half of the bits that are still together.
_STEPS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _spread(bits: Ints) -> Ints:
    """…dcba to …0d0c0b0a."""
    for step, mask in _STEPS:
        bits = (bits | (bits << step)) & mask
    return bits


def _gathered(bits: Ints) -> Ints:
    """…?d?c?b?a to …dcba."""
    bits = bits & _STEPS[-1][1]
    for (step, _mask), (_step, mask) in zip(_STEPS[::-1], (*_STEPS[-2::-1], (0, 0x00000000FFFFFFFF)), strict=True):
        bits = (bits | (bits >> step)) & mask
    return bits
