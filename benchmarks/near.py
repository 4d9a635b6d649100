"""What is near enough, at the very edge of the radius: the engine's pairs beside PostGIS's geography."""

from typing import Any, cast

import numpy as np

from benchmarks.figures import figure
from benchmarks.processor import busy_ms
from registry.columns import BOOL, fetch_columns
from sharing.matching.arrays import Flags, Floats, Ints
from sharing.matching.geodesy import WGS84
from sharing.matching.places import Places

CIRCLES, EACH = 1_000, 100


def nearness() -> list[dict[str, Any]]:
    """Random places a thousandth to a billionth of the radius inside or outside of circles all over the world."""
    rng = np.random.default_rng(2024)
    centre = np.column_stack((rng.uniform(-180, 180, CIRCLES), rng.uniform(-85, 85, CIRCLES)))
    centre[::50, 0] = np.sign(centre[::50, 0]) * 179.9995
    radius_m = rng.uniform(50, 5_000, CIRCLES)
    circle = np.repeat(np.arange(CIRCLES, dtype=np.int64), EACH)
    off = rng.choice((-1, 1), circle.size) * 10.0 ** rng.uniform(-9, -3, circle.size)
    x, y = centre[circle].T
    lon, lat, _ = WGS84.fwd(x, y, rng.uniform(0, 360, circle.size), radius_m[circle] * (1 + off))
    place = np.column_stack((lon, lat))
    number = np.arange(circle.size, dtype=np.int64)
    began = busy_ms()
    demand, row, _ = (places := Places.of(number, np.zeros_like(number), place)).near(centre, radius_m)
    ours_s, began = (busy_ms() - began) / 1000, busy_ms()
    theirs = _within(centre, place, radius_m, circle, number)
    theirs_s = (busy_ms() - began) / 1000
    found = places.id[row]
    own = circle[found] == demand
    strange = ~_within(centre, place, radius_m, demand[~own], found[~own])
    differ = np.setxor1d(found[own], number[theirs]).size + int(np.count_nonzero(strange))
    name = f"{circle.size:,} pairs near the radius"
    return [
        figure(f"{name}, lost or invented beside geography", differ, "", 0, None, differ == 0),
        figure(f"{name}, told apart", ours_s, "s", None, theirs_s, None),
    ]


def _within(centre: Floats, place: Floats, radius_m: Floats, circle: Ints, number: Ints) -> Flags:
    """By pair, whether PostGIS finds the place in the circle."""
    found = fetch_columns(
        """
        SELECT ST_Distance(ST_MakePoint(x, y)::geography, ST_MakePoint(lon, lat)::geography) <= radius_m
        FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::float8[])
            WITH ORDINALITY AS asked (x, y, lon, lat, radius_m, n) ORDER BY n
        """,
        [*centre[circle].T, *place[number].T, radius_m[circle]],
        {"within": BOOL},
    )
    return cast(Flags, found["within"])
