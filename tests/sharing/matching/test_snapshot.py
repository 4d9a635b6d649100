"""Places held in memory: the pairs that the database finds, after every change, whoever makes it and whenever."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
import psycopg
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone

from registry.models import Asset, Organization, PlaceChange, Protection
from sharing.matching import candidates, snapshot
from sharing.matching.candidates import neighbourhood
from sharing.matching.demands import open_demands
from sharing.models import DemandList
from tests import factories

Pairs = dict[tuple[int, int], float]


@pytest.fixture(autouse=True)
def _nothing_held() -> Iterator[None]:
    snapshot.forget()
    yield
    snapshot.forget()


def pairs_of(demand_list: DemandList) -> Pairs:
    """Metres by demand and asset."""
    pairs = neighbourhood(open_demands(demand_list.pk, "tower"), kind="tower", party=demand_list.party).pairs
    ids = zip(pairs.demands.id[pairs.demand].tolist(), pairs.assets.id[pairs.asset].tolist(), strict=True)
    return dict(zip(ids, pairs.distance_m.tolist(), strict=True))


@pytest.fixture
def both_ways(monkeypatch: pytest.MonkeyPatch) -> Callable[[DemandList], Pairs]:
    """The pairs that are found among places in memory, which must be those found box by box."""

    def found(demand_list: DemandList) -> Pairs:
        monkeypatch.setattr(candidates, "AT_ONCE_FROM", 0)
        in_memory = pairs_of(demand_list)
        monkeypatch.setattr(candidates, "AT_ONCE_FROM", 10**9)
        assert in_memory == pairs_of(demand_list)
        return in_memory

    return found


def scattered(owner: Organization, count: int, random: np.random.Generator, **fields: object) -> None:
    """Towers within about 3 km of Wuhan's centre."""
    region = factories.region()
    Asset.objects.bulk_create(
        Asset(
            owner=owner, code=f"{fields}/{i}", kind="tower", region=region, capacity=2,
            geometry=Point(114.3 + float(x), 30.6 + float(y), srid=4326), **fields,
        )
        for i, (x, y) in enumerate(random.normal(0, 0.02, (count, 2)))
    )  # fmt: skip


@pytest.mark.django_db
def test_places_in_memory_are_masked_as_in_the_database(both_ways: Callable[[DemandList], Pairs]) -> None:
    random = np.random.default_rng(165)
    party, owner = factories.organization(), factories.organization()
    for protection in Protection.values:
        scattered(owner, 60, random, protection=protection, protection_reason="grid")
    scattered(party, 30, random)
    demand_list = factories.demand_list(party)
    for x, y in random.normal(0, 0.02, (25, 2)):
        factories.demand(
            demand_list, at=(114.3 + float(x), 30.6 + float(y)), radius_m=float(random.uniform(100, 3000))
        )
    found = both_ways(demand_list)
    of = dict(Asset.objects.values_list("pk", "protection"))
    assert {of[asset] for _, asset in found} == set(Protection.values)
    assert not Asset.objects.filter(owner=party, pk__in=[asset for _, asset in found]).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_held_follows_every_change(both_ways: Callable[[DemandList], Pairs]) -> None:
    party, owner = factories.organization(), factories.organization()
    demand_list = factories.demand_list(party)
    demand = factories.demand(demand_list, at=(114.3001, 30.6001), radius_m=500)
    first, other = (factories.asset(owner, at=(114.3001, 30.6001)) for _ in range(2))

    def near() -> set[int]:
        found = both_ways(demand_list)
        assert {asked for asked, _ in found} <= {demand.pk}
        return {asset for _, asset in found}

    assert near() == {first.pk, other.pk}
    held = dict(snapshot._held)
    added = factories.asset(owner, at=(114.3002, 30.6001))
    assert near() == {first.pk, other.pk, added.pk}
    Asset.objects.filter(pk=first.pk).update(geometry=Point(115, 30, srid=4326))
    assert near() == {other.pk, added.pk}
    Asset.objects.filter(pk=other.pk).update(protection=Protection.CORE, protection_reason="grid")
    assert near() == {added.pk}
    Asset.objects.filter(pk=first.pk).update(geometry=Point(114.3001, 30.6001, srid=4326))
    assert near() == {first.pk, added.pk}
    Asset.objects.filter(pk=first.pk).update(owner=party)
    assert near() == {added.pk}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_tower WHERE asset_id = %s", [added.pk])
        cursor.execute("DELETE FROM registry_asset WHERE id = %s", [added.pk])
    assert near() == set()
    assert snapshot._held == held


@pytest.mark.django_db(transaction=True)
def test_what_was_written_before_and_committed_after_the_reading_is_not_missed() -> None:
    owner = factories.organization()
    asset = factories.asset(owner, at=(114.3001, 30.6001))
    with psycopg.connect(**connection.get_connection_params()) as writer:
        writer.execute(
            "UPDATE registry_asset SET geometry = ST_SetSRID(ST_MakePoint(100, 20), 4326) WHERE id = %s", [asset.pk]
        )
        assert [places.lonlat.tolist() for places in snapshot.places_of("tower")] == [[[114.3001, 30.6001]]]
    assert [places.lonlat.tolist() for places in snapshot.places_of("tower")] == [[], [[100.0, 20.0]]]


@pytest.mark.django_db(transaction=True)
def test_what_is_undone_is_not_held() -> None:
    owner = factories.organization()
    for held in (False, True):
        if held:
            snapshot.places_of("tower")
        with transaction.atomic():
            factories.asset(owner)
            assert sum(len(places) for places in snapshot.places_of("tower")) == 1
            transaction.set_rollback(True)
        assert sum(len(places) for places in snapshot.places_of("tower")) == 0


@pytest.mark.django_db(transaction=True)
def test_places_are_read_anew_when_notes_were_cleared_away_or_the_table_was() -> None:
    owner = factories.organization()
    PlaceChange.objects.all().delete()
    snapshot.places_of("tower")
    factories.asset(owner)
    assert snapshot.clear_notes(timezone.now() + timedelta(minutes=1)) == 1
    assert list(PlaceChange.objects.values_list("assets", flat=True)) == [None]
    assert [len(places) for places in snapshot.places_of("tower")] == [1]
    # Of what was visible when the places were read nothing is missed.
    assert snapshot.clear_notes(timezone.now() + timedelta(minutes=1)) == 1
    held = dict(snapshot._held)
    assert [len(places) for places in snapshot.places_of("tower")] == [1]
    assert snapshot._held == held
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_disclosure DISABLE TRIGGER never_emptied")
        cursor.execute("TRUNCATE registry_asset CASCADE; ALTER TABLE registry_disclosure ENABLE TRIGGER never_emptied")
    assert [len(places) for places in snapshot.places_of("tower")] == [0]


@pytest.mark.django_db(transaction=True)
def test_what_the_ledger_writes_to_assets_is_no_change_of_places() -> None:
    owner = factories.organization()
    PlaceChange.objects.all().delete()
    asset = factories.asset(owner)
    factories.asset(owner, "duct")
    assert PlaceChange.objects.count() == 1
    Asset.objects.filter(pk=asset.pk).update(ledger_version=7, used_today=1, geometry=asset.geometry)
    factories.asset(owner, used=1)
    assert PlaceChange.objects.count() == 2
