import json
from html.parser import HTMLParser

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils.translation import override

from registry.models import Role
from tests import factories


class _Element(HTMLParser):
    """The attributes of the map's element."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = dict(attrs)


def element(label: str) -> dict[str, str | None]:
    parser = _Element()
    parser.feed(Template('{% load maps %}{% map "places" label %}').render(Context({"label": label})))
    return parser.found


def test_a_map_carries_its_name_and_the_base_map_of_the_site(settings):
    settings.MAP_TILES_URL, settings.MAP_ATTRIBUTION = "https://tiles.invalid/{z}/{x}/{y}.png", "© Somebody"

    found = element('Where "they" are')

    known = json.loads(str(found["data-settings"]))
    assert (found["id"], found["data-label"]) == ("places", 'Where "they" are')
    assert (known["tiles"], known["attribution"]) == ("https://tiles.invalid/{z}/{x}/{y}.png", "© Somebody")
    assert known["texts"]["kinds"]["fiber"] == "Fiber cable"


@pytest.mark.parametrize(
    ("language", "counts"),
    [("en", [[1_000_000, "M"], [1_000, "k"]]), ("zh-hans", [[100_000_000, "亿"], [10_000, "万"]])],
)
def test_great_numbers_are_counted_as_the_language_counts(language: str, counts: list[list[int | str]]):
    with override(language):
        found = element("Where")

    assert json.loads(str(found["data-settings"]))["texts"]["counts"] == counts


@pytest.mark.django_db
def test_pages_may_fetch_from_nowhere_else_while_no_base_map_is_set(client: Client):
    client.force_login(factories.member(factories.organization(), Role.VIEWER))

    policy = client.get("/assets/")["Content-Security-Policy"].split("; ")

    assert "connect-src 'self'" in policy and "img-src 'self' data: blob:" in policy
