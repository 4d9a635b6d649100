"""What is asked for near an asset, and how much of it its owner is told of others."""

from typing import Any

import pytest
from django.contrib.gis.geos import Point

from registry.models import Asset, Organization, Role, User
from sharing import nearby
from sharing.nearby import OfOthers
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Organization:
    return factories.organization("owner")


@pytest.fixture
def reader(owner: Organization) -> User:
    return factories.member(owner, Role.EDITOR)


def known(asset: Asset, to: User) -> Any:
    return Asset.objects.with_place_for(to).get(pk=asset.pk)


def test_lines_are_found_by_the_metre_where_the_reader_sees_their_lists(owner: Organization, reader: User):
    mast = factories.asset(owner, at=(114.301, 30.551))
    own = factories.demand_list(owner)
    inside = factories.demand(own, at=(114.301, 30.568))  # 1,885 m to the north
    factories.demand(own, at=(114.301, 30.570))  # 2,107 m
    factories.demand(own, "duct", at=(114.301, 30.551))
    factories.demand(own, at=(114.301, 30.551), period=factories.period(-30, 30))  # over
    factories.demand(factories.demand_list(factories.organization()), at=(114.301, 30.551))
    factories.demand(factories.demand_list(owner, "draft"), at=(114.301, 30.551))

    assert list(nearby.lines(known(mast, reader), reader)) == [inside]


def test_where_others_ask_is_told_by_no_circle_that_the_owner_moves(owner: Organization, reader: User):
    mast = factories.asset(owner, at=(114.301, 30.551))
    for _party in range(3):
        factories.demand(factories.demand_list(factories.organization()), at=(114.349, 30.599), quantity=2)

    def told(lon: float, lat: float) -> OfOthers | None:
        Asset.objects.filter(pk=mast.pk).update(geometry=Point(lon, lat, srid=4326))
        return nearby.of_others(known(mast, reader), reader)

    for place in ((114.301, 30.551), (114.349, 30.599), (114.325, 30.575)):
        assert told(*place) == OfOthers(lines=3, units=6, parties=3)
    for place in ((114.351, 30.599), (114.349, 30.601)):
        assert told(*place) == OfOthers(lines=0, units=None, parties=0)


@pytest.mark.parametrize(
    ("parties", "enough"),
    [
        (["one"], False),
        (["one", "other"], False),
        (["one", "one", "one", "other"], False),
        (["one", "other", "owner", "owner"], False),
        (["one", "other", "third"], True),
    ],
)
def test_numbers_are_for_three_other_parties_and_more(
    owner: Organization, reader: User, parties: list[str], enough: bool
):
    mast = factories.asset(owner)
    lists = {
        name: factories.demand_list(owner if name == "owner" else factories.organization(name))
        for name in sorted(set(parties))
    }
    for name in parties:
        factories.demand(lists[name])

    others = nearby.of_others(known(mast, reader), reader)

    assert others and (others.lines, others.enough) == (len(parties) - parties.count("owner"), enough)


def test_who_does_not_own_it_is_told_nothing_of_others(owner: Organization):
    mast, reader = factories.asset(owner), factories.member(factories.organization(), Role.MANAGER)

    assert nearby.of_others(known(mast, reader), reader) is None
