"""Which planned facility takes an unmet demand in."""

import numpy as np
import pytest
import shapely

from sharing.matching.cobuild.facilities import Facility, Wanted, suggestions

START = 739_000
METRO = shapely.LineString([(114.30, 30.59), (114.32, 30.59), (114.32, 30.61)])


def plan(number: int = 1, geometry: shapely.Geometry = METRO, **fields: object) -> Facility:
    whole = {"owner": 9, "facility_type": "subway", "opens": START, **fields}
    return Facility(id=number, geometry=geometry, **whole)  # type: ignore[arg-type]


def route(**fields: object) -> Wanted:
    """From 200 m north of the line's beginning to 190 m east of its end, round the corner."""
    ends = np.array([(114.3005, 30.5918), (114.322, 30.608)])
    whole = {"id": 5, "party": 1, "kind": "duct", "start": START, "ends": ends, "near_m": 300.0, "longest_m": 5000.0}
    return Wanted(**{**whole, **fields})  # type: ignore[arg-type]


def test_a_line_near_both_ends_takes_a_route_in():
    assert suggestions([route()], [plan()]) == {5: 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"near_m": 150.0},
        {"longest_m": 4000.0},  # along the line it is 3.9 km, and 390 m to it
        {"start": START - 1},
        {"party": 9},
        {"barred": frozenset({1})},
        {"kind": "tower"},
    ],
    ids=["too far", "too long", "opens later", "its own", "declined", "carries none"],
)
def test_what_does_not_fit_is_not_suggested(changed: dict[str, object]):
    assert suggestions([route(**changed)], [plan()]) == {}


def test_a_route_must_go_along_it_and_not_only_touch_it():
    station = shapely.Point(114.311, 30.6)
    assert suggestions([route(near_m=3000.0)], [plan(geometry=station)]) == {}


def test_a_building_takes_in_what_is_asked_for_around_it():
    hall = shapely.box(114.30, 30.59, 114.302, 30.592)
    inside = route(kind="equipment_room", ends=np.array([(114.301, 30.591)]), near_m=10.0, longest_m=np.inf)
    beside = route(kind="equipment_room", ends=np.array([(114.303, 30.591)]), near_m=97.0, longest_m=np.inf)
    too_far = route(kind="equipment_room", ends=np.array([(114.303, 30.591)]), near_m=95.0, longest_m=np.inf)
    plans = [plan(geometry=hall, facility_type="building")]
    assert [suggestions([one], plans) for one in (inside, beside, too_far)] == [{5: 1}, {5: 1}, {}]


def test_the_nearest_is_suggested_and_of_equally_near_ones_the_first():
    away = shapely.transform(METRO, lambda lonlat: lonlat + 0.0005)
    assert suggestions([route()], [plan(3), plan(2), plan(1, away)]) == {5: 1}
    assert suggestions([route()], [plan(3), plan(2)]) == {5: 2}
    assert suggestions([], [plan()]) == suggestions([route()], []) == {}
