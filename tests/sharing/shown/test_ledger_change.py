"""What is free and what loads add up to, against counting unit by unit and day by day."""

from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import given
from hypothesis import strategies as st

from registry.kinds import LOADS, Kind
from registry.models import Asset
from sharing.shown import ledger_svg
from sharing.shown.ledger_change import LedgerChange, Line, changes, peak, taken
from tests import factories
from tests.sharing.scene import Scene

START = date(2027, 1, 1)
CAPACITY = 8


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    made = []
    for _n in range(draw(st.integers(0, 6))):
        first = draw(st.integers(1, CAPACITY))
        start = draw(st.integers(-10, 30))
        length = draw(st.none() | st.integers(1, 20))
        made.append(
            Line(
                first=first,
                after=draw(st.integers(first + 1, CAPACITY + 1)),
                start=START + timedelta(days=start),
                end=None if length is None else START + timedelta(days=start + length),
                holder="<Rival & Sons>",
                purpose="granted",
                purpose_name="Granted",
                loads=dict.fromkeys(LOADS, Decimal(draw(st.integers(0, 9)))),
            )
        )
    return made


periods = st.tuples(st.integers(0, 20), st.integers(1, 15)).map(
    lambda ends: DateRange(START + timedelta(days=ends[0]), START + timedelta(days=sum(ends)))
)


def on(line: Line, day: date) -> bool:
    return line.start <= day and (line.end is None or day < line.end)


def days(period: DateRange) -> list[date]:
    return [period.lower + timedelta(days=n) for n in range((period.upper - period.lower).days)]


@given(lines(), periods)
def test_a_unit_is_taken_when_anyone_holds_it_on_any_day(held: list[Line], period: DateRange):
    touched = {
        unit for line in held for unit in range(line.first, line.after) if any(on(line, day) for day in days(period))
    }
    assert taken(held, period) == len(touched)


@given(lines(), periods)
def test_the_peak_is_the_highest_sum_of_any_day(held: list[Line], period: DateRange):
    sums = [sum(line.loads["weight_kg"] for line in held if on(line, day)) for day in days(period)]
    assert peak(held, "weight_kg", period) == max(sums)


@given(lines(), lines(), periods)
def test_the_picture_stays_in_its_frame_and_is_well_formed(others: list[Line], new: list[Line], period: DateRange):
    change = LedgerChange(Asset(kind=Kind.TOWER, capacity=CAPACITY), 0, period, others, new, False)
    for picture, count in (
        (ledger_svg.before(change), len(others)),
        (ledger_svg.after(change), len(others) + len(new)),
    ):
        root = ElementTree.fromstring(picture)
        _x, _y, width, height = map(float, root.attrib["viewBox"].split())
        blocks = [part for part in root if part.attrib["class"].startswith("units ")]
        assert len(blocks) == count
        for block in blocks:
            x, y, w, h = (float(block.attrib[name]) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert w > 0
            assert h > 0
            assert x <= width
            assert y + h <= height + 0.1


def test_an_endless_period_is_drawn_for_three_years():
    change = LedgerChange(Asset(kind=Kind.DUCT, capacity=4), 0, DateRange(START, None), [], [], False)
    assert change.window == (date(2026, 9, 14), date(2030, 4, 19))
    assert (change.free_before, change.free_after) == (4, 4)


def test_what_is_taken_after_the_picture_ends_is_still_taken(scene: Scene):
    """Of an endless request the unit that is promised from the fifth year on is not free."""
    tower = factories.asset(scene.metro, capacity=3)
    later = factories.period(5 * 365, 365)
    factories.allocate(tower, 1, holder=scene.grid, start=later.lower, end=later.upper)
    demand = factories.demand(scene.list, period=factories.period(30, None))
    match = factories.match(demand, [tower])
    [change] = changes(match, {tower.pk: tower}, scene.metro_manager)
    assert (change.free_before, change.free_after) == (2, 1)


def test_an_asset_that_a_route_comes_back_to_has_one_ledger(scene: Scene):
    match = factories.match(scene.demand, [scene.near, None, scene.near], rank=3)
    for status in ("proposed", "requested"):
        [change] = changes(match, {scene.near.pk: scene.near}, scene.metro_manager)
        assert (match.status, change.position, change.free_before, change.free_after) == (status, 0, 2, 0)
        match = scene.requested(match) if status == "proposed" else match
