"""Sites for points: where they can stand, and that the choice costs least, against every choice there is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.cobuild.builds import SiteAsks
from sharing.matching.cobuild.costs import WITHIN_DAYS, SiteTerms
from sharing.matching.cobuild.site_choice import choose_sites
from sharing.matching.cobuild.sites import candidates, neighbours
from sharing.matching.geodesy import WGS84, geodesic_m

TERMS = SiteTerms(fixed=100.0, per_height_m=0.0, per_unit=0.0, per_load=(0.0, 0.0, 0.0), max_units=99)
FIXED = 10_000
CENTRE = (114.3, 30.6)


def asks(places: list[tuple[float, float]], **columns) -> SiteAsks:
    """Demands at metres east and north of the centre, each of another party, for ten years from one day."""
    count = len(places)
    east, north = np.array(places, dtype=np.float64).reshape(-1, 2).T
    lon, lat, _ = WGS84.fwd(
        np.full(count, CENTRE[0]),
        np.full(count, CENTRE[1]),
        np.degrees(np.arctan2(east, north)),
        np.hypot(east, north),
    )
    whole = {
        "id": range(count), "party": range(count), "start": [739_000] * count, "end": [742_650] * count,
        "units": [1] * count, "height_cost": [0] * count, "own_cost": [0] * count, **columns,
    }  # fmt: skip
    radius = np.asarray(whole.pop("radius_m", [100.0] * count), dtype=np.float64)
    return SiteAsks(
        lonlat=np.column_stack((lon, lat)),
        radius_m=radius,
        **{name: np.array(list(values), dtype=np.int64) for name, values in whole.items()},
    )


def groups(asked: SiteAsks, terms: SiteTerms = TERMS) -> set[tuple[int, ...]]:
    return {tuple(build.demands.tolist()) for build in choose_sites(asked, terms).builds}


def test_two_whose_circles_meet_build_together_where_both_reach():
    asked = asks([(0, 0), (199, 0)])
    chosen = choose_sites(asked, TERMS)
    [build] = chosen.builds
    site = np.broadcast_to(build.lines[0], (2, 2))
    assert (geodesic_m(np.ascontiguousarray(site), asked.lonlat) <= asked.radius_m).all()
    assert (build.cost, build.shares.cents.tolist(), build.alone.tolist()) == (
        10_000,
        [5_000, 5_000],
        [10_000, 10_000],
    )
    assert (chosen.value, chosen.bound, chosen.separate, chosen.gap) == (10_000, 10_000, 20_000, 0.0)


def test_two_whose_circles_do_not_meet_build_apart():
    chosen = choose_sites(asks([(0, 0), (201, 0)]), TERMS)
    assert (chosen.builds, chosen.value, chosen.bound) == ([], 20_000, 20_000)


def test_three_around_a_place_that_none_asks_at_have_one_site():
    assert groups(asks([(0, 95), (82, -47), (-82, -47)])) == {(0, 1, 2)}


def test_a_small_circle_within_a_large_one_is_served_at_its_middle():
    assert groups(asks([(0, 0), (50, 0)], radius_m=[500, 10])) == {(0, 1)}


def test_the_highest_pays_for_what_only_it_needs():
    asked = asks([(0, 0), (10, 0), (20, 0)], height_cost=[3_000, 6_000, 12_000], own_cost=[1, 2, 3])
    [build] = choose_sites(asked, TERMS).builds
    assert build.cost == 10_000 + 12_000 + 6
    assert build.shares.cents.tolist() == [4_334 + 1, 5_833 + 2, 11_833 + 3]
    assert build.alone.tolist() == [13_001, 16_002, 22_003]


def test_the_demands_of_one_party_are_one_player_and_no_group_by_themselves():
    asked = asks([(0, 0), (10, 0), (20, 0)], party=[7, 7, 8], height_cost=[0, 2_000, 0])
    [build] = choose_sites(asked, TERMS).builds
    assert (build.parties.tolist(), build.alone.tolist(), build.shares.cents.tolist()) == (
        [7, 8], [12_000, 10_000], [7_000, 5_000],
    )  # fmt: skip
    alone = choose_sites(asks([(0, 0), (10, 0)], party=[7, 7]), TERMS)
    assert (alone.builds, alone.value, alone.separate) == ([], 10_000, 20_000)


@pytest.mark.parametrize(("later", "together"), [(WITHIN_DAYS, True), (WITHIN_DAYS + 1, False)])
def test_first_days_must_lie_close(later: int, together: bool):
    asked = asks([(0, 0), (10, 0)], start=[739_000, 739_000 + later])
    assert groups(asked) == ({(0, 1)} if together else set())


def test_periods_must_overlap():
    assert groups(asks([(0, 0), (10, 0)], start=[739_000, 739_100], end=[739_100, 742_000])) == set()
    assert groups(asks([(0, 0), (10, 0)], start=[739_000, 739_100], end=[739_101, 742_000])) == {(0, 1)}


def test_more_units_than_a_site_holds_are_several_builds():
    chosen = choose_sites(asks([(n, 0) for n in range(4)], units=[3, 3, 3, 3]), replace(TERMS, max_units=6))
    assert sorted(build.demands.size for build in chosen.builds) == [2, 2]
    assert (chosen.value, chosen.bound, chosen.gap) == (20_000, 10_000, 0.5)


def test_what_shares_nothing_costs_nothing_to_ask():
    chosen = choose_sites(asks([]), TERMS)
    assert (chosen.builds, chosen.value, chosen.gap) == ([], 0, 0.0)


# --- Against brute force -------------------------------------------------------------------------------------------

METRES = st.integers(-300, 300)
DEMAND = st.tuples(
    METRES, METRES, st.integers(30, 250), st.integers(0, 4), st.integers(0, 400), st.integers(100, 900),
    st.integers(0, 3),
)  # fmt: skip


def drawn(rows: list[tuple[int, ...]]) -> SiteAsks:
    east, north, radius, height, start, days, party = zip(*rows, strict=True)
    return asks(
        list(zip(east, north, strict=True)), radius_m=radius, height_cost=[h * 1_500 for h in height],
        start=[739_000 + s for s in start], end=[739_000 + s + d for s, d in zip(start, days, strict=True)],
        party=party, own_cost=[h * 7 for h in height],
    )  # fmt: skip


def can_stand(asked: SiteAsks, rows: list[int]) -> bool:
    """Whether one place is within all circles: looked for where two circles cross, by bisection along one of them,
    and at all centres; nothing of the code that is tested is used."""
    tried = [asked.lonlat[row] for row in rows]
    for one in rows:
        azimuths = np.linspace(0, 360, 1441)
        lon, lat, _ = WGS84.fwd(
            np.full(azimuths.size, asked.lonlat[one, 0]), np.full(azimuths.size, asked.lonlat[one, 1]), azimuths,
            np.full(azimuths.size, asked.radius_m[one] - 1e-4),
        )  # fmt: skip
        tried += list(np.column_stack((lon, lat)))
    places = np.array(tried)
    near = np.ones(len(places), dtype=bool)
    for row in rows:
        near &= geodesic_m(places, np.broadcast_to(asked.lonlat[row], places.shape).copy()) <= asked.radius_m[row]
    return bool(near.any())


def is_in_time(asked: SiteAsks, rows: list[int]) -> bool:
    start, end = asked.start[rows], asked.end[rows]
    return bool(start.max() < end.min() and start.max() - start.min() <= WITHIN_DAYS)


def partitions(rows: list[int]):
    if not rows:
        yield []
        return
    first, rest = rows[0], rows[1:]
    for others in partitions(rest):
        yield [[first], *others]
        for n, block in enumerate(others):
            yield [*others[:n], [first, *block], *others[n + 1 :]]


@given(st.lists(DEMAND, min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_no_partition_into_sites_costs_less(rows):
    asked = drawn(rows)
    chosen = choose_sites(asked, TERMS)
    possible: dict[tuple[int, ...], bool] = {}

    def fits(block: list[int]) -> bool:
        key = tuple(sorted(block))
        if key not in possible:
            possible[key] = is_in_time(asked, list(key)) and (len(key) == 1 or can_stand(asked, list(key)))
        return possible[key]

    least = min(
        sum(FIXED + int(asked.height_cost[block].max()) + int(asked.own_cost[block].sum()) for block in blocks)
        for blocks in partitions(list(range(len(rows))))
        if all(map(fits, blocks))
    )
    # The grid of places that the search above tries may miss a corner by a few decimetres, never find one too many.
    assert chosen.value <= least
    assert chosen.bound == chosen.value
    for build in chosen.builds:
        block = build.demands.tolist()
        site = np.broadcast_to(build.lines[0], (len(block), 2)).copy()
        assert (geodesic_m(site, asked.lonlat[block]) <= asked.radius_m[block]).all()
        assert is_in_time(asked, block)
        assert np.unique(asked.party[block]).size > 1
        assert int(build.shares.cents.sum()) == build.cost
        assert (build.shares.cents <= build.alone).all()


@given(st.lists(DEMAND, min_size=2, max_size=9), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_no_place_covers_more_than_a_candidate_does(rows, random):
    asked = drawn([(*row[:4], 0, 900, row[6]) for row in rows])
    sites = candidates(asked, neighbours(asked))
    covered = [set(sites.demand[sites.site == n].tolist()) for n in range(len(sites))]
    assert all(len(one) > 1 for one in covered)
    assert not any(one < other for one in covered for other in covered)
    for _ in range(200):
        lon, lat, _ = WGS84.fwd(*CENTRE, random.uniform(0, 360), random.uniform(0, 450))
        place = np.broadcast_to(np.array([[lon, lat]]), (len(rows), 2)).copy()
        reached = set(np.flatnonzero(geodesic_m(place, asked.lonlat) <= asked.radius_m - 0.002).tolist())
        assert len(reached) < 2 or any(reached <= one for one in covered)


@given(st.lists(DEMAND, min_size=2, max_size=8))
@settings(max_examples=30, deadline=None)
def test_the_same_demands_give_the_same_builds(rows):
    one, other = choose_sites(drawn(rows), TERMS), choose_sites(drawn(rows), TERMS)
    assert [build.demands.tolist() for build in one.builds] == [build.demands.tolist() for build in other.builds]
    assert [build.lines[0].tolist() for build in one.builds] == [build.lines[0].tolist() for build in other.builds]
