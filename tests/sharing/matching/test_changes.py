"""Single changes against brute force: every value a column could take is tried by plain arithmetic, day by day."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.matching.arrays import FOREVER, UNLIMITED
from sharing.matching.candidates import with_freedom
from sharing.matching.change_search import LATEST_DAYS
from sharing.matching.changes import smallest_changes
from sharing.matching.eligibility import RULES
from sharing.matching.facts import AssetFacts, Pairs, PointDemands
from sharing.matching.ledger import Freedom, Holdings

FIRST = date(2027, 1, 1).toordinal()
LAST_DAY = FIRST + 14
RADIUS = 10.0
LIMITS = ("mounting_height_m", "max_earthing_ohm", "min_backup_h")


@dataclass(frozen=True)
class Ask:
    """One demand. weight in thousandths of a kilogram, budget in cents, days as ordinals."""

    quantity: int
    splittable: bool
    start: int
    end: int
    weight: int
    radius: float
    budget: float
    height: float
    earthing: float


@dataclass(frozen=True)
class Tower:
    distance: float
    price: int
    capacity: int
    limit: int
    top: float
    lowest: float
    earthing: float
    available_from: int
    shared: bool
    held: tuple[tuple[int, int, int, int], ...] = field(default=())  # unit, start, end, weight


def served(ask: Ask, towers: list[Tower]) -> bool:
    """Whether the engine's rules give the demand what it asks, read as prose."""
    return sum(given_by(ask, tower) for tower in towers) >= ask.quantity


def given_by(ask: Ask, tower: Tower) -> int:
    """Units that the tower gives: all or none where the demand must not be split."""
    fits = (
        tower.shared
        and tower.distance <= ask.radius
        and not tower.price * ask.quantity > ask.budget
        and not (np.isnan(tower.earthing) if not np.isnan(ask.earthing) else False)
        and not tower.earthing > ask.earthing
        and not ask.height > tower.top
        and not ask.height < tower.lowest
        and tower.available_from <= ask.start
    )
    if not fits:
        return 0
    days = range(ask.start, min(ask.end, LAST_DAY + 1))
    busy = {unit for unit, start, end, _ in tower.held if start < ask.end and ask.start < end}
    free = tower.capacity - len(busy)
    carried = [sum(weight for _, start, end, weight in tower.held if start <= day < end) for day in days]
    headroom = tower.limit - max(carried, default=0)
    share = -(-ask.weight // ask.quantity)
    if ask.splittable:
        return max(min(free, ask.quantity, headroom // share if share else free), 0)
    return ask.quantity if free >= ask.quantity and (not ask.weight or headroom >= ask.weight) else 0


def other_values(ask: Ask, towers: list[Tower], column: str) -> Iterator[tuple[float, Ask]]:
    """Every other value of a column that could matter, with the demand so changed; the smaller change first."""
    if column == "radius_m":
        yield from ((radius, replace(ask, radius=float(radius))) for radius in range(int(ask.radius) + 1, 31))
    elif column == "budget_per_year":
        costs = sorted({tower.price * ask.quantity for tower in towers if tower.price * ask.quantity > ask.budget})
        for cost in costs:
            yield from ((cents / 100, replace(ask, budget=float(cents))) for cents in (cost - 1, cost))
    elif column == "mounting_height_m":
        edges = {edge for tower in towers for edge in (tower.top, tower.lowest)}
        heights = {edge + step for edge in edges for step in (-0.001, 0.0, 0.001)}
        for height in sorted(heights, key=lambda one: abs(one - ask.height)):
            yield height, replace(ask, height=height)
    elif column == "max_earthing_ohm":
        for edge in sorted(tower.earthing for tower in towers if tower.earthing > ask.earthing):
            yield from ((value, replace(ask, earthing=value)) for value in (edge - 0.001, edge))
    elif column == "weight_kg":
        yield from ((weight / 1000, replace(ask, weight=weight)) for weight in range(ask.weight - 1, 0, -1))
    elif column == "quantity":
        yield from ((quantity, replace(ask, quantity=quantity)) for quantity in range(ask.quantity - 1, 0, -1))
    elif column == "splittable":
        if not ask.splittable and ask.quantity > 1:
            yield True, replace(ask, splittable=True)
    elif column == "period":
        for start in range(ask.start + 1, LAST_DAY + 2):
            end = FOREVER if ask.end >= FOREVER else ask.end + start - ask.start
            yield start, replace(ask, start=start, end=end)
    elif column == "period_end" and ask.end < FOREVER:
        least = ask.start + (ask.end - ask.start + 1) // 2
        yield from ((end, replace(ask, end=end)) for end in range(ask.end - 1, least - 1, -1))


COLUMNS = (
    "radius_m", "budget_per_year", "mounting_height_m", "max_earthing_ohm", "weight_kg", "quantity", "splittable",
    "period", "period_end",
)  # fmt: skip


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Ask, list[Tower]]:
    days = st.integers(FIRST, FIRST + 8)
    start, end = sorted((draw(days), draw(days)))
    ask = Ask(
        quantity=draw(st.integers(1, 4)),
        splittable=draw(st.booleans()),
        start=start,
        end=draw(st.sampled_from([end + 1, FOREVER])),
        weight=draw(st.integers(0, 6)),
        radius=RADIUS,
        budget=draw(st.sampled_from([float("nan"), 150.0, 400.0])),
        height=draw(st.sampled_from([float("nan"), 20.0, 28.5])),
        earthing=draw(st.sampled_from([float("nan"), 4.0])),
    )
    return ask, [draw(towers()) for _ in range(draw(st.integers(1, 4)))]


@st.composite
def towers(draw: st.DrawFn) -> Tower:
    capacity, rarely = draw(st.integers(1, 4)), st.integers(0, 5)
    held = []
    for unit in range(1, capacity + 1):
        if draw(st.integers(1, 3)) == 1:
            start, end = sorted((draw(st.integers(FIRST, FIRST + 9)), draw(st.integers(FIRST, FIRST + 9))))
            held.append((unit, start, end + 1, draw(st.integers(0, 2))))
    lowest = draw(st.sampled_from([0.0, 0.0, 15.25, 24.0, 30.0]))
    return Tower(
        distance=draw(st.sampled_from([3.0, 9.99, 10.0, 10.2, 17.0, 29.5])),
        price=draw(st.sampled_from([0, 37, 100, 101])),
        capacity=capacity,
        limit=draw(st.sampled_from([2, 4, 7, UNLIMITED])),
        top=lowest + draw(st.sampled_from([0.0, 4.4444, 12.0])),
        lowest=lowest,
        earthing=draw(st.sampled_from([2.0, 4.0, 4.00049, 5.5])),
        available_from=draw(st.sampled_from([0, 0, 0, FIRST + 5])),
        shared=bool(draw(rarely)),
        held=tuple(held),
    )


def arrays(ask: Ask, towers: list[Tower]) -> tuple[Pairs, Holdings]:
    """The same as the engine has it."""
    near = [tower for tower in towers if tower.distance <= 3 * RADIUS]
    count = len(near)

    def ints(values: list[Any]) -> Any:
        return np.array(values, dtype=np.int64)

    def floats(values: list[Any]) -> Any:
        return np.array(values, dtype=np.float64)

    demands = PointDemands(
        id=ints([1]), lon=floats([0]), lat=floats([0]), radius_m=floats([ask.radius]), quantity=ints([ask.quantity]),
        splittable=np.array([ask.splittable]), start=ints([ask.start]), end=ints([ask.end]), priority=ints([5]),
        budget=floats([ask.budget]), loads=ints([[ask.weight, 0, 0]]),
        limits={"mounting_height_m": floats([ask.height]), "max_earthing_ohm": floats([ask.earthing]),
                "min_backup_h": floats([np.nan])},
    )  # fmt: skip
    flags = np.ones(count, dtype=np.bool_)
    assets = AssetFacts(
        id=ints(list(range(count))), owner=ints([1] * count), lon=floats([0] * count), lat=floats([0] * count),
        capacity=ints([tower.capacity for tower in near]), price=ints([tower.price for tower in near]),
        available_from=ints([tower.available_from for tower in near]),
        shared=np.array([tower.shared for tower in near]), in_service=flags, planned=~flags, core=~flags,
        cross_sector=flags, limits=ints([[tower.limit, UNLIMITED, UNLIMITED] for tower in near]),
        details={
            "height_m": floats([tower.top for tower in near]),
            "free_height_min_m": floats([tower.lowest for tower in near]),
            "free_height_max_m": floats([tower.top for tower in near]),
            "backup_h": floats([np.nan] * count),
            "earthing_ohm": floats([tower.earthing for tower in near]),
        },
    )  # fmt: skip
    rows = [
        (i, unit, unit + 1, start, end, weight)
        for i, tower in enumerate(near)
        for unit, start, end, weight in tower.held
    ]
    columns = ints(rows).reshape(-1, 6).T
    loads = np.column_stack((columns[5], np.zeros((len(rows), 2), dtype=np.int64)))
    holdings = Holdings.sorted(
        asset=columns[0], lower=columns[1], upper=columns[2], start=columns[3], end=columns[4], loads=loads
    )
    everyone, none = ints([0] * count), np.zeros(count, dtype=np.bool_)
    pairs = Pairs(
        demands=demands, assets=assets, contiguous=False, demand=everyone, asset=ints(list(range(count))),
        distance_m=floats([tower.distance for tower in near]), refused=none,
        freedom=Freedom(everyone, everyone, everyone), free_until=everyone,
    )  # fmt: skip
    return with_freedom(pairs, holdings), holdings


@settings(max_examples=250, deadline=None)
@given(scenes())
def test_the_change_of_each_column_meets_the_demand_and_no_smaller_one_does(scene: tuple[Ask, list[Tower]]) -> None:
    ask, towers = scene
    if served(ask, towers):
        return
    pairs, holdings = arrays(ask, towers)
    found = smallest_changes(pairs, RULES["tower"], holdings).get(0, [])
    assert [change.size for change in found] == sorted(change.size for change in found)
    named = {change.field: change for change in found}
    assert len(named) == len(found)
    for column in COLUMNS:
        helps = [value for value, changed in other_values(ask, towers, column) if served(changed, towers)]
        if column == "period_end" and ask.end >= FOREVER:
            continue
        assert (column in named) == bool(helps), (column, named.get(column), helps)
        if helps:
            to = named[column].to
            to = date.fromisoformat(str(to)).toordinal() if column.startswith("period") else to
            if column == "mounting_height_m":
                assert abs(float(to) - ask.height) <= abs(helps[0] - ask.height) + 0.001
                assert served(replace(ask, height=float(to)), towers)
            elif column == "max_earthing_ohm":
                assert 0 <= float(to) - helps[0] < 0.001
                assert served(replace(ask, earthing=float(to)), towers)
            else:
                assert to == helps[0], column


def test_a_period_without_end_is_cut_short_where_a_lease_begins_years_later() -> None:
    ask = Ask(1, False, FIRST, FOREVER, 0, RADIUS, np.nan, np.nan, np.nan)
    begins = FIRST + LATEST_DAYS + 3
    tower = Tower(1.0, 100, 1, UNLIMITED, 30.0, 0.0, 1.0, 0, True, ((1, begins, FOREVER, 0),))
    pairs, holdings = arrays(ask, [tower])
    [change] = smallest_changes(pairs, RULES["tower"], holdings)[0]
    assert (change.field, change.was, change.to) == ("period_end", None, date.fromordinal(begins).isoformat())


def test_what_a_change_costs_and_how_it_would_be_divided_is_told() -> None:
    ask = Ask(4, False, FIRST, FIRST + 9, 0, RADIUS, np.nan, np.nan, np.nan)
    towers = [replace(Tower(1.0, 100, 2, UNLIMITED, 30.0, 0.0, 1.0, 0, True), price=price) for price in (100, 250)]
    pairs, holdings = arrays(ask, towers)
    split, fewer = (change.as_json(pairs) for change in smallest_changes(pairs, RULES["tower"], holdings)[0])
    assert split == {
        "field": "splittable", "from": False, "to": True, "legs": [2, 2], "cost_per_year": 7, "asset": None
    }  # fmt: skip
    assert fewer == {
        "field": "quantity", "from": 4, "to": 2, "by": -2, "unit": "units", "cost_per_year": 2, "asset": 0
    }  # fmt: skip
