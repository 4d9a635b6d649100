"""Shares of a common cost: the average over all orders, to the cent, and never more than alone."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.cobuild import shares
from sharing.matching.cobuild.trench_shares import NEVER, TrenchGame


def over_all_orders(players: int, cost) -> list[Fraction]:
    """The definition, one order after another. cost: of a set of players."""
    total = [Fraction(0)] * players
    orders = list(itertools.permutations(range(players)))
    for order in orders:
        for place, player in enumerate(order):
            total[player] += cost(frozenset(order[: place + 1])) - cost(frozenset(order[:place]))
    return [one / len(orders) for one in total]


def table(players: int, cost) -> np.ndarray:
    sets = shares.members(players)
    return np.array([cost(frozenset(np.flatnonzero(row).tolist())) for row in sets], dtype=np.int64)


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.integers(0, 10**6), min_size=2**n - 1, max_size=2**n - 1)))
@settings(max_examples=40, deadline=None)
def test_the_shapley_value_is_the_average_over_all_orders(costs: list[int]):
    game = np.array([0, *costs])
    players = len(game).bit_length() - 1

    def cost(chosen: frozenset[int]) -> int:
        return int(game[sum(1 << player for player in chosen)])

    assert shares.shapley(game) == over_all_orders(players, cost)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_an_airport_has_the_same_value_in_closed_form(needs: list[int]):
    def cost(chosen: frozenset[int]) -> int:
        return max((needs[player] for player in chosen), default=0)

    assert shares.airport(needs) == shares.shapley(table(len(needs), cost))


def test_the_runway_of_littlechild_and_owen():
    assert shares.airport([12, 20, 33, 13, 12]) == [
        Fraction(12, 5), Fraction(12, 5) + Fraction(1, 3) + Fraction(7, 2), Fraction(12, 5) + Fraction(1, 3)
        + Fraction(7, 2) + 13, Fraction(12, 5) + Fraction(1, 3), Fraction(12, 5),
    ]  # fmt: skip


@given(st.lists(st.fractions(0, 1000, max_denominator=60), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_cents_sum_to_the_whole_and_differ_from_the_share_by_less_than_one(parts: list[Fraction]):
    parts[0] += -sum(parts) % 1
    cents = shares.in_cents(parts).cents
    assert cents.sum() == sum(parts)
    assert all(abs(int(cent) - part) < 1 for cent, part in zip(cents, parts, strict=True))
    assert all(int(cent) == part for cent, part in zip(cents, parts, strict=True) if part.denominator == 1)


@st.composite
def trenches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(party of each route, cost alone, cost of joining the trench of another)."""
    routes = draw(st.integers(2, 6))
    party = np.array([draw(st.integers(0, 3)) for _ in range(routes)])
    party = np.unique(party, return_inverse=True)[1]
    alone = np.array([draw(st.integers(1, 1000)) for _ in range(routes)])
    join = np.array([[draw(st.integers(0, 1200) | st.just(NEVER)) for _ in range(routes)] for _ in range(routes)])
    return party, alone, join


def with_trench(alone: np.ndarray, join: np.ndarray, trench: int, routes: list[int]) -> int:
    return sum(int(min(alone[k], join[trench, k])) if k != trench else int(alone[k]) for k in routes)


def by_itself(party: np.ndarray, alone: np.ndarray, join: np.ndarray, player: int) -> int:
    own = np.flatnonzero(party == player).tolist()
    return min([int(alone[own].sum())] + [with_trench(alone, join, trench, own) for trench in own])


def cost_of_trench(party: np.ndarray, alone: np.ndarray, join: np.ndarray, chosen: frozenset[int]) -> int:
    """As the docstring of trench_shares says it, set by set."""
    apart = {player: by_itself(party, alone, join, player) for player in range(int(party.max()) + 1)}
    best = sum(apart[player] for player in chosen)
    for trench in range(len(party)):
        cost = 0
        for player in chosen | {int(party[trench])}:
            joined = with_trench(alone, join, trench, np.flatnonzero(party == player).tolist())
            cost += joined if player == party[trench] else min(joined, apart[player])
        best = min(best, cost)
    return best


@given(trenches())
@settings(max_examples=60, deadline=None)
def test_a_trench_is_shared_as_the_game_says_and_nobody_pays_more_than_alone(case):
    party, alone, join = case
    players = int(party.max()) + 1
    game = TrenchGame.of(party, alone, join)

    def cost(chosen: frozenset[int]) -> int:
        return cost_of_trench(party, alone, join, chosen)

    assert game.costs().tolist() == table(players, cost).tolist()
    shared = game.shares()
    assert (shared.exact, int(shared.cents.sum())) == (True, cost(frozenset(range(players))))
    assert game.alone.tolist() == [by_itself(party, alone, join, player) for player in range(players)]
    assert (shared.cents >= 0).all()
    assert (shared.cents <= game.alone).all()
    exact = over_all_orders(players, cost) if players < 5 else shares.shapley(game.costs())
    assert all(abs(int(cent) - share) < 1 for cent, share in zip(shared.cents, exact, strict=True))


def test_a_party_whose_trench_spares_others_more_than_it_costs_is_not_paid_for_it():
    """The first party's trench of 2 km costs 53,000. Each of three others has a route of 1 km on each half of it,
    26,500 each; in a trench of its half a route costs 1,500, and the halves are too far apart to join one another."""
    party, half = np.array([0, 1, 1, 2, 2, 3, 3]), np.array([2, 0, 1, 0, 1, 0, 1])
    join = np.where((half[:, None] == 2) | (half[:, None] == half), 1_500, NEVER)
    join[:, 0] = NEVER
    game = TrenchGame.of(party, np.where(half == 2, 53_000, 26_500), join)
    assert game.alone.tolist() == [53_000] * 4
    assert game.shares().cents.tolist() == [14_000, 16_000, 16_000, 16_000]


def test_many_parties_are_sampled_with_an_error_that_holds_what_is_exact():
    rng = np.random.default_rng(7)
    count = 14
    party, alone = np.arange(count), rng.integers(500, 1500, count) * 1000
    join = rng.integers(100, 900, (count, count)) * 1000
    game = TrenchGame.of(party, alone, join)
    shared = game.shares()
    exact = shares.shapley(game.costs())
    assert not shared.exact
    assert int(shared.cents.sum()) == int(game.costs()[-1])
    assert (shared.cents >= 0).all()
    assert (shared.cents <= game.alone).all()
    apart = np.array([float(int(cent) - share) for cent, share in zip(shared.cents, exact, strict=True)])
    assert np.abs(apart).max() <= 4 * shared.error
    assert game.shares().cents.tolist() == shared.cents.tolist()


def test_sampled_orders_begin_as_the_game_costs():
    game = TrenchGame.of(np.array([0, 1, 2]), np.array([10, 20, 30]), np.array([[0, 5, 6], [4, 0, 7], [3, 2, 0]]))
    costs = game.costs()
    running = game.running(np.array([[0, 1, 2], [2, 1, 0]]))
    assert running.tolist() == [
        [costs[0b001], costs[0b011], costs[0b111]],
        [costs[0b100], costs[0b110], costs[0b111]],
    ]


@pytest.mark.parametrize("players", [1, 2, 13])
def test_orders_are_each_followed_by_their_reverse(players: int):
    drawn = shares.orders(players)
    assert (drawn[1::2] == drawn[0::2, ::-1]).all()
    assert (np.sort(drawn, axis=1) == np.arange(players)).all()
