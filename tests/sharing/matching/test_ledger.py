"""What is free over a period, against counting unit by unit and day by day."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.arrays import FOREVER, UNLIMITED, Ints
from sharing.matching.ledger import Holdings, free_until, freedom

Row = tuple[int, int, int, int, int, int]  # asset, lower, upper, start, end, load

CAPACITY = (5, 3)
LIMITS = (7, UNLIMITED)


def ints(values: Sequence[object]) -> Ints:
    return np.array(values, dtype=np.int64)


def holdings(rows: Sequence[Row]) -> Holdings:
    asset, lower, upper, start, end, load = (ints([row[i] for row in rows]) for i in range(6))
    return Holdings.sorted(asset=asset, lower=lower, upper=upper, start=start, end=end, loads=load.reshape(-1, 1))


@st.composite
def ledgers(draw: st.DrawFn) -> list[Row]:
    """Rows of two assets; units may be held twice here, as they must not be in a real ledger."""
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        asset = draw(st.integers(0, 1))
        lower = draw(st.integers(1, CAPACITY[asset]))
        upper = draw(st.integers(lower + 1, CAPACITY[asset] + 1))
        start = draw(st.integers(0, 8))
        end = draw(st.one_of(st.integers(start + 1, 10), st.just(FOREVER)))
        rows.append((asset, lower, upper, start, end, draw(st.integers(0, 3))))
    return rows


periods = st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(1, 5))


@settings(max_examples=300, deadline=None)
@given(ledgers(), st.lists(periods, min_size=1, max_size=4))
def test_free_units_and_headroom_are_those_of_counting_unit_by_unit_and_day_by_day(
    rows: list[Row], asked: list[tuple[int, int, int]]
) -> None:
    asset, start = ints([a for a, _, _ in asked]), ints([s for _, s, _ in asked])
    end = start + ints([length for _, _, length in asked])
    found = freedom(
        asset, start, end, capacity=ints(CAPACITY), limits=ints(LIMITS).reshape(-1, 1), holdings=holdings(rows)
    )
    for i in range(len(asked)):
        mine = [row for row in rows if row[0] == asset[i]]
        days = range(start[i], end[i])
        held = {u for _, low, up, s, e, _ in mine for u in range(low, up) if any(s <= day < e for day in days)}
        free = [unit not in held for unit in range(1, CAPACITY[asset[i]] + 1)]
        assert found.units[i] == sum(free)
        assert found.block[i] == max(len(run) for run in "".join(".#"[u] for u in free).split("."))
        highest = max(sum(row[5] for row in mine if row[3] <= day < row[4]) for day in days)
        limit = LIMITS[asset[i]]
        assert found.headroom[i, 0] == (UNLIMITED if limit == UNLIMITED else limit - highest)


def test_free_until_is_the_start_of_the_holding_that_takes_one_unit_too_many() -> None:
    ledger = holdings([(0, 1, 2, 0, FOREVER, 0), (0, 2, 4, 20, 30, 0), (0, 4, 5, 40, 50, 0), (1, 1, 4, 5, 9, 0)])
    quantity = ints([1, 2, 3])
    four = ints([4, 4, 4])  # units 2 to 5 of the first asset
    assert free_until(ints([0, 0, 0]), ints([10, 10, 10]), quantity, four, ledger).tolist() == [FOREVER, 40, 20]
    # The second asset's holding begins on the very day, or is over.
    three = ints([3, 3])
    assert free_until(ints([1, 1]), ints([5, 9]), three, three, ledger).tolist() == [5, FOREVER]
