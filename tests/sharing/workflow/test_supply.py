"""What is listed, freed or changed is looked at, and told once to the parties whose unmet demands it would meet."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from registry import capacity
from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.models import Asset, Organization, Protection, SupplyChange
from sharing.matching import engine
from sharing.models import Demand, DemandList, Event, EventType, ListStatus, Notification, Opening, RunStatus
from sharing.notifications import outbox
from sharing.notifications.messages import message
from sharing.workflow import lists, supply
from tests import factories

pytestmark = pytest.mark.django_db

HERE = factories.WUHAN
FAR_AWAY = (HERE[0] + 1, HERE[1])


@pytest.fixture
def owner() -> Organization:
    return factories.organization("owner", sector="municipal")


@pytest.fixture
def demand() -> Demand:
    """Asked around HERE, and not met by a run that is done."""
    demand_list = factories.demand_list(factories.organization("asker"))
    return factories.demand(demand_list, name="Site 1", quantity=2)


def opened() -> list[int]:
    """The demands that what has changed since the last look would meet, told or not."""
    supply.look()
    assert not SupplyChange.objects.exists()
    return sorted(Opening.objects.values_list("demand_id", flat=True))


def told() -> list[Event]:
    supply.look()
    supply.tell()
    return list(Event.objects.filter(type=EventType.LIST_SUPPLIED).order_by("pk"))


def test_a_listed_asset_opens_what_it_would_meet_and_nothing_else(demand: Demand, owner: Organization) -> None:
    factories.demand(demand.list, at=(HERE[0], HERE[1] + 1))
    factories.demand(demand.list, quantity=5)
    factories.demand(demand.list, mounting_height_m=80.0)
    factories.demand(demand.list, period=factories.period(-30, 30))
    factories.demand(demand.list, radius_m=99, at=(HERE[0] + 100 / 95_900, HERE[1]))
    near = factories.demand(demand.list, radius_m=101, at=(HERE[0] + 100 / 95_900, HERE[1]))
    factories.demand(factories.demand_list(demand.list.party, ListStatus.DRAFT))
    factories.demand(factories.demand_list(demand.list.party, ListStatus.CLOSED))
    factories.demand(factories.demand_list(owner))
    factories.demand(demand.list, "equipment_room")
    met = factories.demand(demand.list)
    factories.match(met, [factories.asset(owner, at=FAR_AWAY)])
    factories.asset(owner, details={"height_m": 30})
    assert opened() == [demand.pk, near.pk]


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"status": "out_of_service"}, {"status": "in_service"}),
    ({"open_to_sectors": ["power"]}, {"open_to_sectors": ["power", "telecom"]}),
    ({"capacity": 1}, {"capacity": 2}),
    ({"price_per_unit_year": Decimal(600)}, {"price_per_unit_year": Decimal(500)}),
    ({"at": FAR_AWAY}, {"geometry": "SRID=4326;POINT(114.3055 30.5928)"}),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_whoever_changes_an_asset_by_whatever_statement_is_noticed(
    demand: Demand, owner: Organization, before: dict[str, Any], after: dict[str, Any]
) -> None:
    Demand.objects.update(budget_per_year=1000)
    asset = factories.asset(owner, **{"price_per_unit_year": Decimal(1), **before})
    assert opened() == []
    [(column, value)] = after.items()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE registry_asset SET {column} = %s WHERE id = %s", [value, asset.pk])
    assert opened() == [demand.pk]


def test_details_that_become_known_are_noticed(demand: Demand, owner: Organization) -> None:
    Demand.objects.update(mounting_height_m=25)
    asset = factories.asset(owner)
    assert opened() == []
    asset.tower.height_m = 30
    asset.tower.save()
    assert opened() == [demand.pk]


@pytest.mark.parametrize("released", ["removed", "ended early"])
def test_freed_units_are_noticed_and_taken_ones_are_not(demand: Demand, owner: Organization, released: str) -> None:
    asset, reference = factories.asset(owner, capacity=3), uuid.uuid4()
    SupplyChange.objects.all().delete()
    factories.allocate(asset, 2, reference=reference)
    assert not SupplyChange.objects.exists()
    capacity.release([reference], from_day=None if released == "removed" else demand.period.lower)
    assert opened() == [demand.pk]


def test_the_counters_that_the_ledger_keeps_are_no_change_of_supply(owner: Organization) -> None:
    factories.asset(owner)
    SupplyChange.objects.all().delete()
    Asset.objects.update(used_today=1, ledger_version=7, name="Renamed", updated_at=timezone.now())
    capacity.refresh_free_units()
    assert not SupplyChange.objects.exists()


def test_what_an_import_lists_and_changes_is_noticed_by_the_block(
    demand: Demand, owner: Organization, tmp_path: Any
) -> None:
    Demand.objects.update(budget_per_year=10)
    file = tmp_path / "towers.csv"
    for price in (6, 5):
        lines = "".join(f"T-{n},{HERE[0] + n / 1000},{HERE[1]},30,{price}\n" for n in range(40))
        file.write_text("code,lon,lat,capacity,price_per_unit_year\n" + lines)
        assert opened() == []
        import_assets(file, owner=owner, kind="tower", options=Options())
        assert SupplyChange.objects.count() <= 2
    assert opened() == [demand.pk]


def test_assets_that_only_together_hold_a_demand_open_it_when_the_last_is_listed(
    demand: Demand, owner: Organization
) -> None:
    Demand.objects.update(quantity=4, splittable=True)
    factories.asset(owner, capacity=3)
    assert opened() == []
    factories.asset(owner, capacity=1)
    assert opened() == [demand.pk]


def test_a_line_that_closes_a_route_opens_its_demand(owner: Organization) -> None:
    a, b, c = (114.30, 30.60), (114.31, 30.60), (114.32, 30.60)
    demand_list = factories.demand_list(factories.organization("asker"))
    route = factories.demand(demand_list, "duct", at=a, to=c)
    factories.demand(demand_list, "duct", at=a, to=c, budget_per_year=Decimal(1999))
    factories.demand(demand_list, "duct", at=a, to=c, period=factories.period(-30, 30))
    factories.asset(owner, "duct", at=a, to=b)
    assert opened() == []
    factories.asset(owner, "duct", at=b, to=c)
    assert opened() == [route.pk]


def test_a_restricted_asset_opens_what_its_cell_is_near_to(demand: Demand, owner: Organization) -> None:
    cell = factories.demand(demand.list, at=(114.305, 30.595), radius_m=50)
    Demand.objects.filter(pk=demand.pk).update(location="SRID=4326;POINT(114.3001 30.5901)", radius_m=50)
    factories.asset(owner, at=(114.3001, 30.5901), protection=Protection.RESTRICTED, protection_reason="grid")
    assert opened() == [cell.pk]


def test_the_party_is_told_once_and_of_what_opens_later_after_a_day(demand: Demand, owner: Organization) -> None:
    manager = factories.member(demand.list.party)
    factories.asset(owner)
    factories.asset(owner)
    [event] = told()
    assert event.data == {"demands": 1, "which": "Site 1", "lines": [1]}
    assert "unmet lines could be met now" in message(event).subject and "Site 1" in message(event).text
    outbox.dispatch()
    assert Notification.objects.get(channel="inbox").recipient == manager
    other = factories.demand(demand.list, name="Site 2")
    factories.asset(owner)
    assert told() == [event]
    assert sorted(Opening.objects.filter(event=None).values_list("demand_id", flat=True)) == [demand.pk, other.pk]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(supply, "QUIET", timedelta(0))
        assert [one.data["which"] for one in told()] == ["Site 1", "Site 1, Site 2"]
    assert not Opening.objects.filter(event=None).exists()


def test_matching_again_by_one_verb_brings_the_proposal(demand: Demand, owner: Organization) -> None:
    asset = factories.asset(owner)
    assert len(told()) == 1
    run = engine.run(lists.rematch(demand.list, actor=factories.member(demand.list.party)).pk)
    assert run.matches.get().legs.get().asset_id == asset.pk


def test_while_a_list_is_being_matched_nothing_is_told_and_nothing_missed(demand: Demand, owner: Organization) -> None:
    """A run that read the assets before this one was listed may leave its demand unmet."""
    factories.match(demand, [factories.asset(owner, at=FAR_AWAY)], run=factories.match_run(demand.list))
    run = factories.match_run(demand.list, status=RunStatus.RUNNING, started_at=timezone.now())
    factories.asset(owner)
    assert told() == []
    assert opened() == [demand.pk]
    demand.matches.update(status="superseded")
    run.status = RunStatus.DONE
    run.save()
    assert len(told()) == 1


def test_what_is_freed_during_a_run_is_told_although_something_older_waits_to_be(
    demand: Demand, owner: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run reads the assets before the unit is freed, so that the older opening alone is what it has seen."""
    full, reference = factories.asset(owner), uuid.uuid4()
    factories.allocate(full, full.capacity, reference=reference)
    factories.asset(owner)
    [event] = told()
    factories.asset(owner)
    assert told() == [event]
    waiting = Opening.objects.get(event=None)
    run = factories.match_run(demand.list, status=RunStatus.RUNNING, started_at=timezone.now())
    capacity.release([reference])
    assert opened() == [demand.pk, demand.pk]
    run.status = RunStatus.DONE
    run.save()
    assert told() == [event]
    assert Opening.objects.get(event=None).found_at > run.started_at > waiting.found_at
    monkeypatch.setattr(supply, "QUIET", timedelta(0))
    assert [one.data["which"] for one in told()] == ["Site 1", "Site 1"]


def test_what_a_later_run_has_seen_is_not_told(demand: Demand, owner: Organization) -> None:
    factories.asset(owner)
    assert opened() == [demand.pk]
    factories.match_run(demand.list, started_at=timezone.now())
    assert told() == []
    assert not Opening.objects.exists()


def test_a_demand_whose_period_is_over_by_then_is_not_told(demand: Demand, owner: Organization) -> None:
    factories.asset(owner, details={"height_m": 30})
    assert opened() == [demand.pk]
    Demand.objects.update(period=factories.period(-30, 30))
    assert told() == [] and not Opening.objects.exists()


def test_a_demand_met_meanwhile_is_not_told(demand: Demand, owner: Organization) -> None:
    asset = factories.asset(owner)
    assert opened() == [demand.pk]
    factories.match(demand, [asset])
    assert told() == []
    assert not Opening.objects.exists()


def test_a_change_that_cannot_be_looked_at_holds_up_no_other(
    demand: Demand, owner: Organization, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = factories.asset(owner)
    SupplyChange.objects.create(block=-1, assets=[-1], recorded_at=timezone.now())
    met_by = supply.supply.met_by

    def broken(assets: list[int]) -> list[int]:
        if -1 in assets:
            raise ArithmeticError("no way")
        return met_by(assets)

    monkeypatch.setattr(supply.supply, "met_by", broken)
    supply.look()
    assert list(Opening.objects.values_list("demand_id", flat=True)) == [demand.pk]
    assert good.pk not in {asset for change in SupplyChange.objects.all() for asset in change.assets}
    assert list(SupplyChange.objects.values_list("block", "attempts")) == [(-1, supply.MOST_ATTEMPTS)]
    assert "could not be looked at" in caplog.text


def test_a_look_takes_the_same_number_of_queries_for_many_as_for_few(
    demand: Demand, owner: Organization, django_assert_num_queries: Any
) -> None:
    def queries(assets: int) -> int:
        for _ in range(assets):
            factories.asset(owner)
        with pytest.MonkeyPatch.context():
            with connection.execute_wrapper(lambda execute, *args: (counted.append(1), execute(*args))[1]):
                counted.clear()
                supply.look()
            return len(counted)

    counted: list[int] = []
    few = queries(1)
    for list_ in (factories.demand_list(factories.organization()) for _ in range(3)):
        factories.demand(list_)
    Opening.objects.all().delete()
    assert queries(9) == few


def test_many_lists_are_told_each_by_its_own_event(demand: Demand, owner: Organization) -> None:
    other: DemandList = factories.demand_list(factories.organization("other-asker"))
    factories.demand(other)
    factories.asset(owner)
    assert [event.demand_list for event in told()] == [demand.list, other]
