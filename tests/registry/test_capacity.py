"""The ledger's verbs: what they take, what they refuse, and that a refusal leaves nothing behind."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from registry import capacity
from registry.capacity import Claim, LoadExceeded, NotEnoughUnits, OwnUse, choose_units, free_runs
from registry.models import Allocation, Asset, Organization, Purpose
from tests import factories

YEAR_START, YEAR_END = date(2027, 1, 1), date(2028, 1, 1)
NOW = timezone.now()


@pytest.fixture
def party(db: None) -> Organization:
    return factories.organization()


@pytest.fixture
def tower(party: Organization) -> Asset:
    return factories.asset(factories.organization(), capacity=4, weight_kg=100)


@pytest.fixture
def claim(party: Organization) -> Callable[..., Claim]:
    def build(
        asset: Asset, quantity: int = 1, start: date = YEAR_START, end: date | None = YEAR_END, **kw: object
    ) -> Claim:
        loads = {name: value for name, value in kw.items() if name != "reference"}
        return Claim(asset.pk, quantity, start, end, party.pk, kw.get("reference"), loads)  # type: ignore[arg-type]

    return build


def lines(asset: Asset) -> list[tuple[int, int, date, date | None, str]]:
    """Units and periods of the ledger's lines, in order."""
    return [
        (line.units.lower, line.units.upper, line.period.lower, line.period.upper, line.purpose)
        for line in Allocation.objects.filter(asset=asset).order_by("period", "units")
    ]


def test_a_hold_takes_the_lowest_free_units(tower: Asset, claim: Callable[..., Claim]) -> None:
    assert capacity.hold([claim(tower, 3)], until=NOW) == 1
    assert lines(tower) == [(1, 4, YEAR_START, YEAR_END, "held")]
    assert free_runs([tower.pk], YEAR_START, YEAR_END) == {tower.pk: [(4, 5)]}


def test_claims_of_one_call_do_not_take_each_others_units(tower: Asset, claim: Callable[..., Claim]) -> None:
    later = claim(tower, 4, start=YEAR_END, end=None)
    assert capacity.hold([claim(tower, 2), later, claim(tower, 2)], until=NOW) == 3
    assert lines(tower) == [
        (1, 3, YEAR_START, YEAR_END, "held"),
        (3, 5, YEAR_START, YEAR_END, "held"),
        (1, 5, YEAR_END, None, "held"),
    ]


def test_claims_whose_periods_meet_within_one_call_share_no_unit(tower: Asset, claim: Callable[..., Claim]) -> None:
    autumn = claim(tower, 2, start=date(2027, 9, 1), end=date(2028, 9, 1))
    capacity.hold([claim(tower, 2), autumn], until=NOW)
    assert lines(tower) == [
        (1, 3, YEAR_START, YEAR_END, "held"),
        (3, 5, date(2027, 9, 1), date(2028, 9, 1), "held"),
    ]


def test_too_many_units_are_refused_with_both_numbers(tower: Asset, claim: Callable[..., Claim]) -> None:
    capacity.hold([claim(tower, 3)], until=NOW)
    with pytest.raises(NotEnoughUnits, match=rf"^{tower.code}: 2 mounts asked, 1 free through the whole period\.$"):
        capacity.hold([claim(tower, 2)], until=NOW)
    assert lines(tower) == [(1, 4, YEAR_START, YEAR_END, "held")]


def test_of_several_claims_all_are_taken_or_none(tower: Asset, claim: Callable[..., Claim]) -> None:
    other = factories.asset(tower.owner, capacity=1)
    with pytest.raises(NotEnoughUnits):
        capacity.hold([claim(tower, 1), claim(other, 2)], until=NOW)
    assert not Allocation.objects.exists()


def test_a_load_beyond_the_limit_is_refused(tower: Asset, claim: Callable[..., Claim]) -> None:
    capacity.hold([claim(tower, 1, weight_kg=Decimal(70))], until=NOW)
    with pytest.raises(LoadExceeded, match="An asset would carry more than its limit"):
        capacity.hold([claim(tower, 1, weight_kg=Decimal("30.001"))], until=NOW)
    assert len(lines(tower)) == 1


def test_rack_units_are_given_in_one_run(party: Organization, claim: Callable[..., Claim]) -> None:
    room = factories.asset(factories.organization(), "equipment_room", capacity=10)
    capacity.allocate([claim(room, 4)], purpose=Purpose.GRANTED)
    middle = uuid.uuid4()
    capacity.allocate([claim(room, 2, reference=middle)], purpose=Purpose.GRANTED)
    capacity.allocate([claim(room, 2)], purpose=Purpose.GRANTED)
    capacity.release([middle])
    with pytest.raises(NotEnoughUnits, match="3 rack units asked, 2 free"):
        capacity.hold([claim(room, 3)], until=NOW)
    assert capacity.hold([claim(room, 2)], until=NOW) == 1


def test_mounts_may_lie_apart_and_the_loads_count_once(tower: Asset, claim: Callable[..., Claim]) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    capacity.hold([claim(tower, 1, reference=first), claim(tower, 1, reference=second)], until=NOW)
    capacity.release([first])
    assert capacity.hold([claim(tower, 3, weight_kg=Decimal(100))], until=NOW) == 2
    assert sum(line.weight_kg for line in Allocation.objects.all()) == 100


def test_a_grant_keeps_the_units_of_its_hold(tower: Asset, claim: Callable[..., Claim]) -> None:
    reference = uuid.uuid4()
    capacity.hold([claim(tower, 2, reference=reference)], until=NOW)
    assert capacity.grant([reference]) == 2
    assert lines(tower) == [(1, 3, YEAR_START, YEAR_END, "granted")]
    assert capacity.grant([reference]) == 0


def test_a_released_hold_leaves_no_trace(tower: Asset, claim: Callable[..., Claim]) -> None:
    reference = uuid.uuid4()
    capacity.hold([claim(tower, 2, reference=reference)], until=NOW)
    assert capacity.release([reference]) == 1
    assert lines(tower) == []


def test_an_early_end_frees_the_days_to_come_only(tower: Asset, claim: Callable[..., Claim]) -> None:
    reference = uuid.uuid4()
    capacity.allocate([claim(tower, 2, reference=reference)], purpose=Purpose.GRANTED)
    capacity.release([reference], from_day=date(2027, 6, 1))
    assert lines(tower) == [(1, 3, YEAR_START, date(2027, 6, 1), "granted")]


def test_own_use_is_set_once_and_again_without_change(tower: Asset) -> None:
    today = timezone.localdate()
    assert capacity.set_own_use([OwnUse(tower.pk, 3)]) == 1
    assert lines(tower) == [(1, 4, today, None, "own_use")]
    assert capacity.set_own_use([OwnUse(tower.pk, 3)]) == 0
    assert capacity.set_own_use([OwnUse(tower.pk, 1)]) == 1
    assert lines(tower) == [(1, 2, today, None, "own_use")]
    assert capacity.set_own_use([OwnUse(tower.pk, 0)]) == 1
    assert lines(tower) == []


def test_own_use_of_days_gone_by_stays_in_the_ledger(tower: Asset) -> None:
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    factories.allocate(tower, 4, purpose=Purpose.OWN_USE, start=yesterday)
    capacity.set_own_use([OwnUse(tower.pk, 2)])
    assert lines(tower) == [(1, 5, yesterday, today, "own_use"), (1, 3, today, None, "own_use")]


def test_own_use_does_not_push_out_what_others_hold(tower: Asset, claim: Callable[..., Claim]) -> None:
    capacity.hold([claim(tower, 2)], until=NOW)
    with pytest.raises(NotEnoughUnits):
        capacity.set_own_use([OwnUse(tower.pk, 3)])
    assert len(lines(tower)) == 1


def test_free_units_of_a_period_count_a_unit_taken_twice_once(tower: Asset) -> None:
    factories.allocate(tower, 1, start=date(2027, 1, 1), end=date(2027, 3, 1))
    factories.allocate(tower, 1, start=date(2027, 3, 1), end=date(2027, 5, 1))
    asset = Asset.objects.with_free_units(YEAR_START, YEAR_END).get(pk=tower.pk)
    assert asset.free_units == 3
    assert Asset.objects.with_free_units(YEAR_END, None).get(pk=tower.pk).free_units == 4


def test_units_free_today_turn_with_the_day(tower: Asset) -> None:
    factories.allocate(tower, 3, start=timezone.localdate())
    Asset.objects.filter(pk=tower.pk).update(used_today=0)
    assert capacity.refresh_free_units() == 1
    tower.refresh_from_db()
    assert tower.free_today == 1
    assert capacity.refresh_free_units() == 0


@pytest.mark.django_db
def test_a_claim_on_an_absent_asset_changes_nothing(party: Organization) -> None:
    with pytest.raises((KeyError, IntegrityError)):
        capacity.hold([Claim(0, 1, YEAR_START, None, party.pk)], until=NOW)
    assert not Allocation.objects.exists()


RUNS = st.lists(st.integers(1, 40), unique=True, max_size=30).map(
    lambda units: [(unit, unit + 1) for unit in sorted(units)]
)


def joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring runs as one."""
    whole: list[tuple[int, int]] = []
    for first, after in runs:
        if whole and whole[-1][1] == first:
            whole[-1] = (whole[-1][0], after)
        else:
            whole.append((first, after))
    return whole


@given(RUNS, st.integers(1, 12), st.booleans())
def test_chosen_units_are_free_and_as_many_as_asked(
    single: list[tuple[int, int]], quantity: int, contiguous: bool
) -> None:
    runs = joined(single)
    free = {unit for first, after in runs for unit in range(first, after)}
    chosen = choose_units(runs, quantity, contiguous=contiguous)
    longest = max((after - first for first, after in runs), default=0)
    if chosen is None:
        assert longest < quantity if contiguous else len(free) < quantity
        return
    taken = [unit for first, after in chosen for unit in range(first, after)]
    assert len(taken) == len(set(taken)) == quantity
    assert set(taken) <= free
    assert len(chosen) == 1 or (not contiguous and longest < quantity)
