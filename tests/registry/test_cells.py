"""Cells of restricted assets: how they grow until they hold enough, and that they never become smaller by others."""

from collections.abc import Sequence

import pytest
from django.contrib.gis.geos import LineString, Point
from django.db import connection

from registry.models import Asset, Organization
from tests import factories

pytestmark = pytest.mark.django_db

Place = tuple[float, float]
HOLDS = 3
# Two neighbouring cells of 0.01°, and one far off, in different cells of 0.32°.
HERE, BESIDE, ABROAD = (114.241, 30.561), (114.251, 30.561), (116.001, 32.001)


@pytest.fixture(autouse=True)
def a_cell_holds_three() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL registry.cell_holds = %s", [HOLDS])


@pytest.fixture
def owner() -> Organization:
    return factories.organization("grid", sector="power")


def file(owner: Organization, *places: Place, **fields: str) -> list[Asset]:
    """Restricted towers filed together."""
    assets = [factories.draft_asset(owner, at=place, protection="restricted", **fields) for place in places]
    return Asset.objects.bulk_create(assets)


def spread(place: Place, count: int, step: float = 0.001) -> list[Place]:
    """Places in the cell of 0.01° that begins near `place`."""
    return [(place[0] + step * n, place[1]) for n in range(count)]


def rungs(assets: Sequence[Asset]) -> list[int]:
    found = dict(Asset.objects.filter(pk__in=[asset.pk for asset in assets]).values_list("pk", "near_rung"))
    return [found[asset.pk] for asset in assets]


def thin() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registry_thin_cells()")
        return int(cursor.fetchall()[0][0])


def test_a_cell_that_holds_enough_stands_for_its_assets(owner: Organization) -> None:
    assert rungs(file(owner, *spread(HERE, 3))) == [0, 0, 0]


def test_a_cell_grows_until_it_holds_enough(owner: Organization) -> None:
    made = file(owner, *spread(HERE, 2), *spread(BESIDE, 1))
    assert rungs(made) == [1, 1, 1]
    shown = {asset.masked_geometry.coords for asset in Asset.objects.all()}
    assert {(round(x, 6), round(y, 6)) for x, y in shown} == {(114.25, 30.57)}


def test_alone_an_asset_has_the_greatest_cell(owner: Organization) -> None:
    assert rungs(file(owner, HERE)) == [5]


def test_those_left_over_beside_a_cell_that_holds_enough_do_not_stand_alone(owner: Organization) -> None:
    """Else the three that are shown would tell in which quarter of the greater cell the fourth is."""
    assert rungs(file(owner, *spread(HERE, 3), BESIDE)) == [0, 0, 0, 5]


def test_as_many_places_are_asked_for_as_assets(owner: Organization) -> None:
    assert rungs(file(owner, HERE, HERE, HERE)) == [5, 5, 5]


@pytest.mark.parametrize("differing", ["owner", "region", "kind"])
def test_only_assets_that_look_alike_hide_each_other(owner: Organization, differing: str) -> None:
    """Owner, kind and region are shown of each."""
    two, one = spread(HERE, 2), HERE[0] + 0.005
    made = file(owner, *two)
    other = {
        "owner": lambda: factories.draft_asset(factories.organization("metro"), at=(one, HERE[1])),
        "region": lambda: factories.draft_asset(owner, at=(one, HERE[1]), within=factories.XIANGYANG),
        "kind": lambda: factories.draft_asset(owner, "equipment_room", at=(one, HERE[1])),
    }[differing]()
    other.protection, other.protection_reason = "restricted", "grid"
    Asset.objects.bulk_create([other])
    assert rungs([*made, other]) == [5, 5, 5]


def test_what_others_file_makes_no_cell_smaller(owner: Organization) -> None:
    first = file(owner, *spread(HERE, 2))
    file(factories.organization("metro"), *spread(HERE, 9))
    file(owner, *spread((HERE[0] + 0.004, HERE[1]), 3))
    assert rungs(first) == [5, 5] and thin() == 0


def test_who_comes_later_joins_a_cell_that_holds_enough_already(owner: Organization) -> None:
    file(owner, *spread(HERE, 3))
    assert rungs(file(owner, (HERE[0] + 0.005, HERE[1]))) == [0]


def test_who_waits_in_a_greater_cell_does_not_count_in_the_smaller(owner: Organization) -> None:
    """Two are shown in the greater cell for ever, so a third alone in the smaller would be known to be there."""
    file(owner, *spread(HERE, 2))
    assert rungs(file(owner, (HERE[0] + 0.005, HERE[1]))) == [5]


def test_what_leaves_a_cell_with_too_few_makes_it_grow(owner: Organization) -> None:
    here = file(owner, *spread(HERE, 3))
    beside = file(owner, *spread(BESIDE, 2))
    here[0].delete()
    assert rungs([*here[1:], *beside]) == [5, 5, 5, 5] and thin() == 0


def test_a_cell_that_still_holds_enough_stays(owner: Organization) -> None:
    here = file(owner, *spread(HERE, 4))
    Asset.objects.filter(pk=here[0].pk).update(protection="open")
    assert rungs(here[1:]) == [0, 0, 0]
    Asset.objects.filter(pk=here[1].pk).update(protection="core", protection_reason="grid")
    assert rungs(here[2:]) == [5, 5] and thin() == 0


def test_moving_within_the_cell_keeps_it_and_moving_out_seeks_another(owner: Organization) -> None:
    here, there = file(owner, *spread(HERE, 4)), file(owner, *spread(ABROAD, 3))
    one = here[0]
    one.geometry = Point(HERE[0] + 0.0005, HERE[1] + 0.005, srid=4326)
    one.save()
    assert rungs(here) == [0, 0, 0, 0]
    one.geometry = Point(ABROAD[0], ABROAD[1] + 0.001, srid=4326)
    one.save()
    assert rungs([*here, *there]) == [0] * 7
    here[1].geometry = Point(115.001, 30.001, srid=4326)
    here[1].save()
    assert rungs(here) == [0, 5, 5, 5] and thin() == 0


def test_two_that_change_places_keep_their_cells(owner: Organization) -> None:
    file(owner, *spread(HERE, 3)), file(owner, *spread(ABROAD, 3))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_asset SET geometry = ST_SetSRID(ST_MakePoint(%s, %s), 4326)", ABROAD)
    assert set(Asset.objects.values_list("near_rung", flat=True)) == {5}


def test_each_end_of_a_line_has_a_cell_of_its_own(owner: Organization) -> None:
    lines = [
        factories.draft_asset(owner, "duct", at=at, to=to, protection="restricted")
        for at, to in zip(spread(HERE, 3), [ABROAD, (115.0, 30.0), (113.0, 29.0)], strict=True)
    ]
    Asset.objects.bulk_create(lines)
    assert set(Asset.objects.values_list("near_rung", "far_rung")) == {(0, 5)}
    turned = Asset.objects.get(pk=lines[0].pk)
    turned.geometry = LineString(turned.geometry.coords[::-1], srid=4326)
    turned.save()
    assert set(Asset.objects.values_list("near_rung", "far_rung")) == {(0, 5), (5, 0)}


def test_nobody_sets_a_rung_by_hand(owner: Organization) -> None:
    [stale] = file(owner, HERE)
    Asset.objects.filter(pk=stale.pk).update(near_rung=0)
    assert rungs([stale]) == [5]
    made = factories.asset(owner, at=BESIDE, protection="restricted", near_rung=0)
    assert rungs([made]) == [5]


def test_a_row_saved_as_it_was_read_leaves_its_cell(owner: Organization) -> None:
    made = file(owner, *spread(HERE, 3))
    assert made[0].near_rung == 5
    made[0].save()
    assert rungs(made) == [0, 0, 0]


def test_cells_are_cut_anew_by_command_only(owner: Organization) -> None:
    made = [*file(owner, *spread(HERE, 2)), *file(owner, (HERE[0] + 0.005, HERE[1]))]
    others = file(factories.organization("metro"), HERE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_recut_cells(%s)", [owner.pk])
        assert cursor.fetchall() == [(3,)]
    assert rungs([*made, *others]) == [0, 0, 0, 5]


def test_a_grown_cell_is_news_to_those_who_synchronise_and_to_matching(owner: Organization) -> None:
    here = file(owner, *spread(HERE, 3))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_placechange; DELETE FROM registry_supplychange")
        cursor.execute("UPDATE registry_asset SET updated_at = '2020-01-01'")
    here[0].delete()
    left = {asset.pk for asset in here[1:]}
    assert all(asset.updated_at.year > 2020 for asset in Asset.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT unnest(assets) FROM registry_placechange")
        assert left <= {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT DISTINCT unnest(assets) FROM registry_supplychange")
        assert {row[0] for row in cursor.fetchall()} == left
