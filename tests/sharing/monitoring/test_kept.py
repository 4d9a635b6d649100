"""Figures that take long: kept for who may know the same, told with their moment, and reckoned again when wanted."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as Away

from registry.models import User
from sharing.monitoring import kept
from sharing.monitoring.breakdowns import TOTAL
from sharing.monitoring.indicators import INDICATORS
from sharing.monitoring.scope import Scope, last_year
from tests import factories
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db
QUALITY = INDICATORS["catalog-quality"]


@pytest.fixture
def all_take_long(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(kept, "LONG_S", 0.0)
    cache.clear()
    yield
    cache.clear()


def counted(user: User, *, anew: bool = False) -> tuple[float | int | None, bool]:
    """How many assets the indicator counts for a person, and whether that was kept."""
    found = kept.figures(QUALITY, Scope.of(user, *last_year()), TOTAL.code, anew=anew)
    return sum(row.values["assets"] or 0 for row in found.rows), found.at is not None


def test_they_stand_until_they_are_reckoned_again(scene: Scene, all_take_long: None):
    assert counted(scene.officer) == (2, False)
    factories.asset(scene.metro)
    assert counted(scene.officer) == (2, True)
    assert counted(scene.officer, anew=True) == (3, False)
    assert counted(scene.officer) == (3, True)


def test_they_are_for_who_may_know_the_same_and_nobody_else(scene: Scene, all_take_long: None):
    assert counted(scene.officer) == (2, False)
    assert counted(scene.second_officer) == (2, True)
    assert counted(scene.metro_manager) == (1, False)
    assert counted(scene.asker) == (0, False)


def test_what_is_reckoned_quickly_is_not_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "LONG_S", 60.0)
    assert [counted(scene.officer) for _time in range(2)] == [(2, False)] * 2


def test_without_redis_they_are_reckoned_each_time(scene: Scene, all_take_long: None, monkeypatch: pytest.MonkeyPatch):
    def away(*_args: object, **_kwargs: object) -> None:
        raise Away

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    assert [counted(scene.officer) for _time in range(2)] == [(2, False)] * 2


def test_what_regulators_open_first_is_reckoned_ahead(scene: Scene, all_take_long: None):
    assert kept.reckon_ahead() == 2
    assert counted(scene.officer) == (2, True)
    assert counted(scene.metro_manager) == (1, False)


def test_pages_say_of_when_they_are_and_reckon_again(scene: Scene, all_take_long: None):
    client = Client()
    client.force_login(scene.officer)
    for address in ("/monitoring/", "/monitoring/catalog-quality/?by=kind"):
        first, second = client.get(address), client.get(address)
        assert (first.context["at"], "Reckon again" in first.content.decode()) == (None, False)
        assert second.context["at"] and "Reckon again" in second.content.decode()
    assert client.get("/monitoring/catalog-quality/" + second.context["anew"]).context["at"] is None
