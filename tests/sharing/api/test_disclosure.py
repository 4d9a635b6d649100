"""What the calls of this side tell of protected assets and their owners: nothing before a consent tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from registry.kinds import Kind
from registry.models import Organization, Protection, Role, User
from sharing.matching import engine
from sharing.models import Match, MatchLeg, Outcome
from sharing.notifications import outbox
from sharing.workflow import consents
from tests import factories
from tests.calls import Caller, body_of
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

SECRET_PLACE = (114.3333, 30.6111)
LISTS = (
    "matches/", "consents/", "agreements/", "events/", "notifications/", "outcomes/", "demands/", "demand-lists/",
    "match-runs/", "allocations/", "assets/", "import-jobs/",
)  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def everything_told(caller: Caller) -> str:
    """All that all lists tell, in each format that they have."""
    told = ""
    for path in LISTS:
        for format in ("json", "csv", "geojson"):
            response = caller.get(path, format=format)
            assert response.status_code in (200, 406), (path, format)
            told += body_of(response).decode() if response.status_code == 200 else ""
    return told


@pytest.fixture
def keeper(scene: Scene) -> User:
    """The manager of an owner of whom nobody knows anything else."""
    return factories.member(factories.organization("hush"), Role.MANAGER, "hush-manager")


def protected(scene: Scene, keeper: User, protection: str) -> Match:
    owner = Organization.objects.get(memberships__user=keeper)
    secret = factories.asset(
        owner, code="HIDDEN-7", name="Hidden yard", at=SECRET_PLACE, protection=protection, capacity=4
    )
    match = factories.match(factories.demand(scene.list, name="Site 9"), [secret])
    return scene.requested(match)


def test_of_a_core_asset_only_that_an_owner_is_asked(scene: Scene, keeper: User):
    match = protected(scene, keeper, Protection.CORE)
    asker = Caller(scene.asker)
    shown = asker.get(f"matches/{match.pk}/").json()
    [leg] = shown["legs"]
    hidden = ("asset", "asset_code", "owner", "place", "length_m", "reference")
    assert (leg["protected"], [leg[name] for name in hidden]) == (True, [None] * 6)
    assert (shown["consents"], shown["hidden_consents"], shown["length_m"]) == ([], 1, None)
    told = everything_told(asker)
    for word in ("HIDDEN-7", "Hidden yard", "114.3333", "30.6111", "hush"):
        assert word not in told, word
    assert asker.get("consents/", match=match.pk).json()["results"] == []
    with undone():
        consents.refuse(match.consents.get(), reason="safety", actor=keeper)
        outbox.dispatch()
        told = everything_told(asker)
        assert "hush" not in told, told[max(told.index("hush") - 300, 0) : told.index("hush") + 100]
    consents.grant(match.consents.get(), actor=keeper)
    [leg] = asker.get(f"matches/{match.pk}/").json()["legs"]
    assert (leg["asset_code"], leg["owner"], leg["place"]["coordinates"]) == ("HIDDEN-7", "hush", list(SECRET_PLACE))
    assert "HIDDEN-7" in everything_told(asker)


def test_of_a_restricted_asset_its_cell_until_a_consent(scene: Scene, keeper: User):
    match = protected(scene, keeper, Protection.RESTRICTED)
    asker = Caller(scene.asker)
    [leg] = asker.get(f"matches/{match.pk}/").json()["legs"]
    assert (leg["asset_code"], leg["place_is_exact"]) == ("HIDDEN-7", False)
    assert tuple(leg["place"]["coordinates"]) == pytest.approx((114.335, 30.615))
    assert "114.3333" not in everything_told(asker) and "30.6111" not in everything_told(asker)
    for other in (scene.officer, keeper):
        [leg] = Caller(other).get(f"matches/{match.pk}/").json()["legs"]
        assert (leg["place_is_exact"], tuple(leg["place"]["coordinates"])) == (True, SECRET_PLACE)
    consents.grant(match.consents.get(), actor=keeper)
    assert "114.3333" in everything_told(asker)


def test_a_route_over_a_masked_line_does_not_tell_its_length(scene: Scene):
    line = factories.asset(scene.grid, Kind.DUCT, protection=Protection.RESTRICTED)
    demand = factories.demand(scene.list, Kind.DUCT)
    match = scene.requested(factories.match(demand, [line, None], length_m=1234.5))
    MatchLeg.objects.filter(match=match).update(length_m=617.25)
    shown = Caller(scene.asker).get(f"matches/{match.pk}/").json()
    assert (shown["length_m"], [leg["length_m"] for leg in shown["legs"]]) == (None, [None, 617.25])
    shown = Caller(scene.officer).get(f"matches/{match.pk}/").json()
    assert (shown["length_m"], [leg["length_m"] for leg in shown["legs"]]) == (1234.5, [617.25, 617.25])


def test_a_score_whose_parts_are_not_told_is_not_told_either(scene: Scene):
    """As of a match with a core asset, whatever was saved with it."""
    parts = [{"code": "distance", "value": 212, "unit": "m", "weight": 1.0, "score": 0.9}]
    for told, score in ([], 0), (parts, 0.9):
        Match.objects.filter(pk=scene.match.pk).update(score=0.9, score_parts=told)
        shown = Caller(scene.asker).get(f"matches/{scene.match.pk}/").json()
        assert (shown["score"], shown["score_parts"]) == (score, told)


def test_how_much_dearer_a_match_is_is_told_to_those_who_may_see_the_answer(scene: Scene):
    """The owner asked for a runner-up would else read what the party's best match costs in all."""
    Match.objects.filter(pk=scene.match.pk).update(cost_per_year=1600)
    scene.requested(scene.runner_up)
    for reader, more in ((scene.asker, 400.0), (scene.grid_manager, None), (scene.officer, None)):
        shown = Caller(reader).get(f"matches/{scene.runner_up.pk}/").json()
        assert (shown["cost_per_year"], shown["costs_more"]) == (2000.0, more)


def test_a_miss_of_what_became_hidden_names_no_asset(scene: Scene):
    factories.asset(scene.grid, code="LOW", details={"height_m": 12.0}, at=(114.3056, 30.5928))
    draft = factories.demand_list(scene.party)
    factories.demand(draft, mounting_height_m=30.0, quantity=1)
    run = engine.run(factories.match_run(draft, status="queued").pk)
    outcome = Outcome.objects.get(run=run)
    asset = outcome.nearest_miss["asset"]
    shown = Caller(scene.asker).get(f"outcomes/{outcome.pk}/").json()
    assert (shown["nearest_miss"]["asset"], shown["met"]) == (asset, False) and shown["miss_in_words"]
    type(scene.near).objects.filter(pk=asset).update(protection=Protection.CORE, protection_reason="grid")
    shown = Caller(scene.asker).get(f"outcomes/{outcome.pk}/").json()
    assert (shown["nearest_miss"]["asset"], shown["nearest_miss"]["owner"]) == (None, None)


def test_whose_turn_it_is_depends_on_who_asks(scene: Scene):
    match = scene.requested()
    assert Caller(scene.asker).get(f"matches/{match.pk}/").json()["actions"] == ["withdraw"]
    assert Caller(scene.officer).get(f"matches/{match.pk}/").json()["actions"] == []
    consent = match.consents.get()
    assert Caller(scene.metro_manager).get(f"consents/{consent.pk}/").json()["actions"] == ["grant", "refuse"]
    assert Caller(scene.asker).get(f"consents/{consent.pk}/").json()["actions"] == []


def test_units_gone_name_the_next_best(scene: Scene):
    scene.requested()
    other = factories.demand(scene.list, name="Site 2", quantity=2)
    late = factories.match(other, [scene.near])
    runner_up = factories.match(other, [scene.far], rank=2)
    response = Caller(scene.asker).post(f"matches/{late.pk}/request/")
    assert (response.status_code, response.json()["code"], response.json()["next_best"]) == (
        409, "units_gone", runner_up.pk
    )  # fmt: skip


def test_bulk_decisions_stand_or_fall_alone(scene: Scene):
    match = scene.consented()
    officer = Caller(scene.officer)
    fingerprint = officer.get(f"matches/{match.pk}/").json()["fingerprint"]
    body: dict[str, Any] = {
        "matches": [
            {"id": match.pk, "fingerprint": fingerprint},
            {"id": scene.runner_up.pk, "fingerprint": "0" * 64},
            {"id": 10**9, "fingerprint": "0" * 64},
        ]
    }
    decided = officer.post("matches/approve/", body).json()["results"]
    assert {one["id"]: one["code"] for one in decided} == {
        match.pk: None,
        scene.runner_up.pk: "not_seen",
        10**9: "not_seen",
    }
