"""Cells and borders beside brute force: every demand once, and none alone that competes with another part's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.fan_out.borders import at_the_border
from sharing.matching.fan_out.cells import beside, cells
from sharing.matching.places import Places

seeds = st.integers(0, 2**32 - 1)
CENTRES = st.sampled_from([(114.3, 30.5), (180.0, 10.0), (20.0, 89.9)])


def circles(seed: int, count: int, centre: tuple[float, float], spread: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lonlat = np.array(centre) + np.round(rng.standard_normal((count, 2)) * spread, 2)
    lonlat[:, 0] = (lonlat[:, 0] + 180) % 360 - 180
    lonlat[:, 1] = np.minimum(lonlat[:, 1], 90)
    return lonlat, rng.uniform(100, 3000, count)


def test_a_cut_runs_between_the_cities_and_crosses_no_circle() -> None:
    west, radius_m = circles(1, 60, (114.0, 30.0), 0.02)
    east, _ = circles(2, 40, (115.0, 30.0), 0.02)
    lonlat, radius_m = np.concatenate((west, east)), np.append(radius_m, radius_m[:40])
    found = cells(lonlat, radius_m, 70)
    assert [rows.tolist() for rows in found] == [list(range(60)), list(range(60, 100))]
    assert [rows.size for rows in beside(found, lonlat, radius_m)] == [0, 0]


@given(seeds, st.integers(1, 60), st.integers(1, 20), CENTRES)
def test_every_row_is_in_one_cell_and_no_cell_is_larger_than_asked(
    seed: int, count: int, most: int, centre: tuple[float, float]
) -> None:
    lonlat, radius_m = circles(seed, count, centre, 0.05)
    found = cells(lonlat, radius_m, most)
    assert sorted(np.concatenate(found).tolist()) == list(range(count))
    assert max(rows.size for rows in found) <= most


@given(seeds, st.integers(2, 40), st.integers(1, 10), CENTRES)
def test_left_to_the_border_is_just_what_competes_with_other_parts(
    seed: int, count: int, most: int, centre: tuple[float, float]
) -> None:
    lonlat, radius_m = circles(seed, count, centre, 0.05)
    at, _ = circles(seed + 1, 80, centre, 0.05)
    places = Places.of(np.arange(80), np.zeros(80, dtype=np.int64), at)
    demand, place, _ = places.near(lonlat, radius_m)
    group = hanging_together(count, demand.tolist(), place.tolist())
    found = cells(lonlat, radius_m, most)
    cell = np.empty(count, dtype=np.int64)
    for number, rows in enumerate(found):
        cell[rows] = number
    for own, others in zip(found, beside(found, lonlat, radius_m), strict=True):
        seen = np.concatenate((own, others))
        demand, place, _ = places.near(lonlat[seen], radius_m[seen])
        deferred = seen[at_the_border(demand, place, np.arange(seen.size) < own.size)]
        spanning = [row for row in own.tolist() if len({int(cell[other]) for other in group[row]}) > 1]
        assert sorted(deferred.tolist()) == spanning


def hanging_together(count: int, demand: list[int], place: list[int]) -> list[set[int]]:
    """By demand, all that it hangs together with."""
    group = [{row} for row in range(count)]
    by_place: dict[int, set[int]] = {}
    for row, one in zip(demand, place, strict=True):
        by_place.setdefault(one, set()).add(row)
    for rows in by_place.values():
        joined = set[int]().union(*(group[row] for row in rows))
        for row in joined:
            group[row] = joined
    return group
