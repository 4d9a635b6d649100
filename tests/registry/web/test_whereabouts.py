"""Where the map of each person begins."""

import json
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from registry.models import Protection, Region, Role, User
from registry.web.whereabouts import whereabouts
from tests import factories

pytestmark = pytest.mark.django_db


def bound(code: str, *box: float) -> None:
    factories.region(code)
    Region.objects.filter(code=code).update(boundary=MultiPolygon(Polygon.from_bbox(box), srid=4326))


def begins(client: Client, user: User, address: str = "/assets/") -> Any:
    client.force_login(user)
    settings = client.get(address).content.decode().split('data-settings="')[1].split('"')[0]
    return json.loads(settings.replace("&quot;", '"'))["around"]


def test_it_is_the_region_that_is_regulated_else_the_one_at_home():
    bound(factories.HUBEI, 108.0, 29.0, 116.0, 33.0)
    bound(factories.WUHAN_CODE, 113.7, 29.9, 115.1, 31.4)
    officer = factories.member(factories.organization("province", home="420100", regulates=factories.HUBEI))
    assert whereabouts(officer) == [108.0, 29.0, 116.0, 33.0]
    assert whereabouts(factories.member(factories.organization("telco"))) == [113.7, 29.9, 115.1, 31.4]


def test_without_boundaries_it_is_ones_own_assets_also_protected_ones():
    owner = factories.organization("grid")
    for at in ((114.3, 30.5), (114.5, 30.7)):
        factories.asset(owner, at=at, protection=Protection.CORE)
    factories.asset(factories.organization("other"), at=(110.0, 25.0))
    assert whereabouts(factories.member(owner, Role.VIEWER)) == [114.3, 30.5, 114.5, 30.7]


def test_who_owns_none_begins_with_open_assets_of_the_region():
    owner = factories.organization("grid")
    factories.asset(owner, at=(114.3, 30.5))
    factories.asset(owner, at=(114.4, 30.6), protection=Protection.RESTRICTED)
    factories.asset(owner, at=(112.1, 32.0), within=factories.XIANGYANG)
    assert whereabouts(factories.member(factories.organization("telco"))) == [114.3, 30.5, 114.3, 30.5]


def test_where_nothing_is_known_it_is_the_country():
    assert whereabouts(factories.member(factories.organization("telco"))) is None
    assert whereabouts(factories.user("root", is_superuser=True)) is None


def test_the_maps_of_lists_and_forms_begin_there_unless_the_address_says_where(client: Client):
    owner = factories.organization("grid")
    factories.asset(owner, at=(114.3, 30.5))
    manager = factories.member(owner, Role.MANAGER)
    assert begins(client, manager) == [114.3, 30.5, 114.3, 30.5]
    assert begins(client, manager, "/facilities/") == [114.3, 30.5, 114.3, 30.5]
    assert begins(client, manager, "/assets/?map=5/30/110") is None
    assert begins(client, manager, "/assets/?owner=grid") is None
    assert '<script id="around" type="application/json">[114.3, 30.5, 114.3, 30.5]</script>' in (
        client.get("/assets/new/tower/").content.decode()
    )
