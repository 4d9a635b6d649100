"""Requesting proposals by the API, many at once."""

import pytest

from sharing.models import Consent, Match
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene, everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_many_are_requested_each_by_itself(scene: Scene):
    other = factories.match(factories.demand(scene.list, name="Site 2"), [scene.far])
    foreign = factories.match(factories.demand(factories.demand_list(scene.grid)), [scene.near])
    # The runner-up comes after the match of the same demand, which is then under way.
    asked = [other.pk, scene.match.pk, scene.runner_up.pk, foreign.pk, 999_999]
    results = Caller(scene.asker).post("matches/request/", {"matches": asked}).json()["results"]
    assert {row["id"]: row["code"] for row in results} == {
        other.pk: None, scene.match.pk: None, scene.runner_up.pk: "wrong_state", foreign.pk: "not_seen",
        999_999: "not_seen",
    }  # fmt: skip
    assert set(Match.objects.live()) == {other, scene.match}
    assert Consent.objects.count() == 2


def test_the_first_named_takes_the_units(scene: Scene):
    scarce = factories.asset(scene.metro, capacity=1)
    rivals = [
        factories.match(factories.demand(scene.list, name=f"Site {n}", quantity=1), [scarce]) for n in (2, 3)
    ]  # fmt: skip
    asked = [match.pk for match in reversed(rivals)]
    results = Caller(scene.asker).post("matches/request/", {"matches": asked}).json()["results"]
    assert {row["id"]: row["code"] for row in results} == {asked[0]: None, asked[1]: "units_gone"}


def test_an_editor_requests_none_and_no_list_is_empty(scene: Scene):
    before = everything()
    [refused] = Caller(scene.drafter).post("matches/request/", {"matches": [scene.match.pk]}).json()["results"]
    assert (refused["done"], refused["code"]) == (False, "not_yours")
    assert everything() == before
    problem(Caller(scene.asker).post("matches/request/", {"matches": []}), 400, "bad_input")
