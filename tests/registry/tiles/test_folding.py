"""The pyramid says what a recount of the assets says, whoever wrote them and how."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.kinds import Kind
from registry.models import (
    Asset,
    Organization,
    ProtectedTileCell,
    Sector,
    TileCell,
    TileChange,
    TileVersion,
)
from registry.models.tile_cell import DEEPEST
from registry.tiles import folding, grid
from registry.tiles.slots import KINDS, SECTORS
from tests import factories
from tests.registry.tiles.reading import cells_by_hand

pytestmark = pytest.mark.django_db

ROUTES = (Kind.DUCT, Kind.FIBER)


def stored(zoom: int) -> tuple[Counter[Any], Counter[Any]]:
    """The pyramid in the form of cells_by_hand."""
    found = Counter[Any](), Counter[Any]()
    for counter, cells in zip(found, (TileCell.objects, ProtectedTileCell.objects), strict=True):
        for cell in cells.filter(z=zoom):
            x, y = (int(part[0]) for part in grid.column_and_row(np.array([cell.cell])))
            whose = (cell.owner_id, cell.region_id) if isinstance(cell, ProtectedTileCell) else ()
            assert cell.total == sum(cell.assets)
            for slot, number in enumerate(cell.assets):
                if number:
                    what = (KINDS[slot // len(SECTORS)], SECTORS[slot % len(SECTORS)])
                    counter[(x, y, *what, *whose)] += number
    return found


def pyramid_equals_recount() -> None:
    for zoom in range(DEEPEST + 1):
        assert stored(zoom) == cells_by_hand(zoom), zoom
    assert sum(cell.free[0] for cell in TileCell.objects.filter(z=0)) == (
        Asset.objects.exclude(protection="core")
        .filter(kind="tower", owner__sector="telecom", free_today__gt=0)
        .count()
    )


class Registry:
    """Two owners, and what can happen to their assets: by the ORM, by SQL, one by one and many at once."""

    def __init__(self) -> None:
        self.owners = [
            factories.organization("telco", sector=Sector.TELECOM),
            factories.organization("grid", sector=Sector.POWER),
        ]
        self.regions = [factories.region(factories.JIANGAN), factories.region(factories.WUCHANG)]

    def any(self, pick: int) -> Asset | None:
        assets = list(Asset.objects.order_by("id"))
        return assets[pick % len(assets)] if assets else None

    def insert(self, pick: int, at: Any, protection: str) -> None:
        kind = Kind.values[pick % 4]
        factories.asset(self.owners[pick % 2], kind, at=at, protection=protection, used=pick % 5)

    def insert_many(self, pick: int, at: Any, protection: str) -> None:
        Asset.objects.bulk_create(
            Asset(
                owner=self.owners[n % 2], code=f"bulk-{pick}-{Asset.objects.count()}-{n}", kind=Kind.TOWER, capacity=1,
                region=self.regions[n % 2], geometry=Point(at[0] + n / 997, at[1], srid=4326), protection=protection,
                protection_reason="grid",
            )
            for n in range(5)
        )  # fmt: skip

    def move(self, pick: int, at: Any, protection: str) -> None:
        asset = self.any(pick)
        if asset is not None and asset.kind not in ROUTES:
            Asset.objects.filter(pk=asset.pk).update(geometry=Point(*at, srid=4326))

    def shift_all(self, pick: int, at: Any, protection: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE registry_asset SET geometry = ST_Translate(geometry, 0.003, -0.002)")

    def protect(self, pick: int, at: Any, protection: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE registry_asset SET protection = %s, protection_reason = 'grid' WHERE id %% 3 = %s",
                [protection, pick % 3],
            )

    def hand_over(self, pick: int, at: Any, protection: str) -> None:
        asset = self.any(pick)
        if asset is not None:
            Asset.objects.filter(pk=asset.pk).update(
                owner=self.owners[(pick + 1) % 2],
                region=self.regions[pick % 2],
                code=f"from-{asset.owner_id}-{asset.pk}",
            )

    def use(self, pick: int, at: Any, protection: str) -> None:
        asset = self.any(pick)
        if asset is not None and asset.free_today:
            factories.allocate(asset, asset.free_today)

    def delete(self, pick: int, at: Any, protection: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM registry_asset WHERE id %% 2 = %s AND used_today = 0", [pick % 2])
            ids = [pk for (pk,) in cursor.fetchall()]
            for table in ("tower", "duct", "fiber", "equipmentroom"):
                cursor.execute(f"DELETE FROM registry_{table} WHERE asset_id = ANY (%s)", [ids])
            cursor.execute("DELETE FROM registry_asset WHERE id = ANY (%s)", [ids])

    def change_sector(self, pick: int, at: Any, protection: str) -> None:
        Organization.objects.filter(pk=self.owners[pick % 2].pk).update(sector=SECTORS[pick % 6])

    def give_up(self, pick: int, at: Any, protection: str) -> None:
        """A transaction that comes to nothing."""
        with transaction.atomic():
            self.insert(pick, at, protection)
            self.shift_all(pick, at, protection)
            transaction.set_rollback(True)

    def fold(self, pick: int, at: Any, protection: str) -> None:
        folding.fold()


STEPS = [name for name, member in vars(Registry).items() if not name.startswith("_") and name != "any"]
# About Wuhan, close together and far apart; and the ends of the map.
PLACES = st.one_of(
    st.tuples(st.floats(114.0, 114.6), st.floats(30.4, 30.8)),
    st.tuples(st.floats(114.30, 114.3002), st.floats(30.59, 30.5902)),
    st.tuples(st.floats(-180, 179.9), st.floats(-85, 85)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(STEPS), st.integers(0, 60), PLACES, st.sampled_from(["open", "open", "restricted", "core"])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_pyramid_equals_a_recount_after_whatever_was_done(steps: list[Any]):
    with transaction.atomic():
        registry = Registry()
        for name, *arguments in steps:
            getattr(registry, name)(*arguments)
        folding.fold_all()
        pyramid_equals_recount()
        assert not TileChange.objects.exists()
        transaction.set_rollback(True)


def test_truncating_the_assets_empties_the_pyramid():
    Registry().insert_many(0, factories.WUHAN, "restricted")
    folding.fold_all()
    assert TileCell.objects.exists() and ProtectedTileCell.objects.exists() and TileVersion.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE registry_disclosure DISABLE TRIGGER never_emptied")
        cursor.execute("TRUNCATE registry_asset CASCADE; ALTER TABLE registry_disclosure ENABLE TRIGGER never_emptied")
    assert not any(model.objects.exists() for model in (TileCell, ProtectedTileCell, TileVersion, TileChange))
