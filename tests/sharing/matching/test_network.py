"""The network of lines: what meets, what is cut where, and how long everything is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.network import Network, build_network
from tests.sharing.matching.route_scene import SPOTS, Line, Place, lines_of, metres

A, B, C, D = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60), (114.31, 30.61)
DEGREE_NORTH_M = 110_860.0
"""Of latitude, in Wuhan."""


def north_of(place: Place, distance_m: float) -> Place:
    return (place[0], place[1] + distance_m / DEGREE_NORTH_M)


def spans(network: Network) -> list[tuple[int, Place, Place]]:
    """Asset, and both ends of each span."""
    return [
        (100 + int(asset), tuple(network.node_lonlat[start]), tuple(network.node_lonlat[end]))
        for asset, start, end in zip(network.span_asset, network.span_start, network.span_end, strict=True)
    ]


def test_ends_within_the_tolerance_are_one_access_point_whoever_owns_them() -> None:
    lines = [Line((A, B), owner=1), Line((north_of(B, 0.9), C), owner=2)]
    network = build_network(lines_of(lines), max_gap_m=50.0)
    assert len(network.node_lonlat) == 3
    assert network.span_end[0] == network.span_start[1]


def test_ends_beyond_the_tolerance_stay_apart_and_have_a_gap_between_them() -> None:
    lines = [Line((A, B)), Line((north_of(B, 1.2), C))]
    network = build_network(lines_of(lines), max_gap_m=50.0)
    assert len(network.node_lonlat) == 4
    assert network.gap_length_m == pytest.approx([metres(B, north_of(B, 1.2))], abs=1e-6)


def test_parallel_lines_stay_two_spans() -> None:
    network = build_network(lines_of([Line((A, B)), Line((B, A)), Line((A, D, B))]), max_gap_m=1.0)
    assert spans(network) == [(100, A, B), (101, B, A), (102, A, B)]
    assert network.arcs.first.tolist() == [0, 3, 6]
    assert sorted(network.arcs.item[:3].tolist()) == [0, 1, 2]


def test_loops_duplicates_and_lines_of_no_length_are_borne() -> None:
    lines = [Line((A, A)), Line((A, B)), Line((A, B)), Line((B, D, B))]
    network = build_network(lines_of(lines), max_gap_m=1.0)
    assert network.span_length_m[0] == 0.0
    assert network.span_length_m[3] == pytest.approx(2 * metres(B, D))
    assert sorted(network.arcs.item.tolist()) == [1, 1, 2, 2]  # loops lead nowhere


def test_a_network_without_lines_is_empty() -> None:
    network = build_network(lines_of([]), max_gap_m=100.0)
    assert (len(network.node_lonlat), network.span_asset.size, network.gap_length_m.size) == (0, 0, 0)
    assert network.nodes_near(np.array([A]), 100.0)[0][0].size == 0


def test_the_end_of_a_duct_on_another_one_is_an_access_point_of_both() -> None:
    network = build_network(lines_of([Line((A, C), price=100.0), Line((north_of(B, 0.5), D))]), max_gap_m=1.0)
    foot = north_of(B, 0.5)
    assert spans(network) == [(100, A, foot), (100, foot, C), (101, foot, D)]
    assert network.span_share[:2] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert network.span_price[:2].sum() == pytest.approx(100.0)
    assert network.span_length_m[:2].sum() == pytest.approx(metres(A, C), abs=0.01)
    (back,) = network.span_lines(np.array([0], np.int32), network.span_end[:1])
    assert np.allclose(back, [B, A], atol=1e-7)


def test_a_fiber_is_not_cut_where_another_one_ends_on_it() -> None:
    network = build_network(lines_of([Line((A, C)), Line((B, D))]), max_gap_m=1.0, tee=False)
    assert spans(network) == [(100, A, C), (101, B, D)]


def test_a_masked_line_neither_cuts_nor_is_cut() -> None:
    lines = lines_of([Line((A, C)), Line((B, D))])
    for exact in ([False, True], [True, False]):
        network = build_network(replace(lines, exact=np.array(exact)), max_gap_m=1.0)
        assert spans(network) == [(100, A, C), (101, B, D)]


def test_lines_that_cross_without_an_access_point_do_not_meet() -> None:
    crossing = Line((north_of(B, -500), north_of(B, 500)))
    network = build_network(lines_of([Line((A, C)), crossing]), max_gap_m=1.0)
    assert len(network.span_asset) == 2


def test_a_chamber_on_two_lines_that_cross_joins_them() -> None:
    crossing = Line((north_of(B, -500), north_of(B, 500)))
    network = build_network(
        lines_of([Line((A, C)), crossing]), max_gap_m=1.0, tee=False, chambers=np.array([B, (114.5, 30.0)])
    )
    assert sorted((asset, start == B or end == B) for asset, start, end in spans(network)) == [
        (100, True),
        (100, True),
        (101, True),
        (101, True),
    ]


def test_a_declared_length_counts_unless_it_is_shorter_than_the_straight_line() -> None:
    lines = lines_of([Line((A, B)), Line((B, C)), Line((C, D))])
    declared = replace(lines, length_m=np.array([1500.0, 10.0, np.nan]))
    network = build_network(declared, max_gap_m=1.0)
    assert network.span_length_m == pytest.approx([1500.0, metres(B, C), metres(C, D)])


@settings(max_examples=100, deadline=None)
@given(
    ends=st.lists(st.tuples(st.sampled_from(SPOTS), st.sampled_from(SPOTS)), min_size=1, max_size=9),
    limit_m=st.sampled_from([1.0, 95.0, 120.0, 160.0, 1000.0]),
)
def test_gaps_are_all_pairs_of_nodes_within_the_limit(ends: list[tuple[Place, Place]], limit_m: float) -> None:
    network = build_network(lines_of([Line(pair) for pair in ends]), max_gap_m=limit_m)
    places = sorted({place for pair in ends for place in pair})
    expected = {
        (one, other): metres(one, other)
        for one in places
        for other in places
        if one != other and metres(one, other) <= limit_m
    }
    tail = np.repeat(np.arange(len(places)), np.diff(network.gaps.first))
    found = {
        (tuple(network.node_lonlat[one]), tuple(network.node_lonlat[other])): float(network.gap_length_m[pair])
        for one, other, pair in zip(tail, network.gaps.head, network.gaps.item, strict=True)
    }
    assert found == pytest.approx(expected)
    for node in range(len(places)):
        here = network.gaps.item[network.gaps.first[node] : network.gaps.first[node + 1]]
        assert (np.diff(network.gap_length_m[here]) >= 0).all()
