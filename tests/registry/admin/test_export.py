"""The list of a changelist, as it is filtered, as a file."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from registry.exports import formats
from registry.models import Asset, Organization, Protection, Role
from tests import factories
from tests.calls import body_of
from tests.registry.admin.conftest import browser

LIST = "/admin/registry/asset/"
# As what `file` knows each by.
BEGINS = {
    "gpkg": b"SQLite format 3\0", "shp": b"PK\3\4", "fgb": b"fgb\3", "kml": b"<?xml", "xlsx": b"PK\3\4",
    "parquet": b"PAR1", "ofds": b"{", "csv": b"id,code,", "geojson": b"{",
}  # fmt: skip


@pytest.fixture
def assets(city: Organization) -> None:
    factories.asset(city, code="T-1", name="=东湖")
    factories.asset(city, code="S-1", at=(114.3333, 30.6111), protection=Protection.RESTRICTED)
    factories.asset(city, code="C-1", protection=Protection.CORE)
    factories.asset(city, "duct", code="D-1")


def rows(client: Client, query: str) -> dict[str, dict[str, str]]:
    response = client.get(f"{LIST}export/csv/?{query}")
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="assets.csv"'
    return {row["code"]: row for row in csv.DictReader(io.StringIO(body_of(response).decode()))}


def test_the_page_links_to_each_format_of_the_list_as_it_is_filtered(manager: Client, assets: None):
    page = manager.get(f"{LIST}?kind__exact=tower").content.decode()
    for name in formats.FORMATS:
        assert f"{LIST}export/{name}/?kind__exact=tower" in page


def test_a_file_holds_the_filtered_list_as_the_person_may_see_it(manager: Client, assets: None):
    assert set(rows(manager, "kind__exact=tower")) == {"T-1", "S-1", "C-1"}
    assert set(rows(manager, "kind__exact=tower&protection__exact=restricted")) == {"S-1"}
    assert set(rows(manager, "q=T-1")) == {"T-1"}
    stranger = browser(factories.member(factories.organization("telco"), Role.VIEWER))
    told = rows(stranger, "kind__exact=tower")
    assert set(told) == {"T-1", "S-1"}
    assert (told["S-1"]["place_is_exact"], "114.3333" in told["S-1"]["wkt"]) == ("false", False)
    assert told["T-1"]["name"] == "'=东湖"


@pytest.mark.parametrize("name", formats.FORMATS)
def test_every_format_is_a_file(manager: Client, city: Organization, assets: None, name: str):
    factories.asset(city, "fiber", code="F-1")
    body = body_of(manager.get(f"{LIST}export/{name}/"))
    assert body.startswith(BEGINS[name]) and len(body) > 100


def test_what_no_file_can_hold_is_said_on_the_page(manager: Client, assets: None):
    Asset.objects.filter(code="T-1").update(terms="长" * 85)
    response = manager.get(f"{LIST}export/shp/?kind__exact=tower", follow=True)
    assert response.redirect_chain == [(f"{LIST}?kind__exact=tower", 302)]
    assert "255 bytes" in response.content.decode()


def test_others_are_sent_away(city: Organization, assets: None):
    address = f"{LIST}export/csv/"
    assert Client().get(address).status_code == 302
    assert browser(factories.user("nobody")).get(address).status_code == 302
    assert browser(factories.member(city)).get(f"{LIST}export/nothing/").status_code == 404
    assert reverse("admin:registry_asset_export", args=["csv"]) == address
