"""Consents answered by the API, one with what was shown of it, and many at once."""

from typing import Any

import pytest

from sharing.models import Consent, ConsentStatus
from tests import factories
from tests.calls import Caller, problem
from tests.sharing.scene import Scene, everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene()


def asked(scene: Scene, count: int) -> list[Consent]:
    """Requests to the same owner, each for a tower of its own."""
    found = []
    for n in range(count):
        match = factories.match(factories.demand(scene.list, name=f"More {n}"), [factories.asset(scene.metro)])
        found.append(scene.requested(match).consents.get())
    return found


def shown(owner: Caller) -> list[dict[str, Any]]:
    """Each that waits, as a bulk answer takes it."""
    rows = owner.get("consents/", status="pending").json()["results"]
    return [{"id": row["id"], "fingerprint": row["fingerprint"]} for row in rows]


def statuses() -> list[str]:
    return list(Consent.objects.order_by("pk").values_list("status", flat=True))


def test_many_are_granted_with_the_same_conditions(scene: Scene):
    rows, owner = asked(scene, 3), Caller(scene.metro_manager)
    answer = owner.post("consents/grant/", {"consents": shown(owner), "conditions": "By day."})
    assert answer.json()["results"] == [{"id": row.pk, "done": True, "code": None, "detail": None} for row in rows]
    assert set(Consent.objects.values_list("status", "conditions")) == {(ConsentStatus.GRANTED.value, "By day.")}


def test_what_changed_since_it_was_shown_is_left_and_the_others_are_answered(scene: Scene):
    rows, owner = asked(scene, 2), Caller(scene.metro_manager)
    as_shown = shown(owner)
    asset = rows[0].match.legs.get().asset
    assert asset is not None
    asset.name = "Another"
    asset.save()
    results = owner.post("consents/refuse/", {"consents": as_shown, "reason": "no_space"}).json()["results"]
    assert [(row["id"], row["done"], row["code"]) for row in results] == [
        (rows[0].pk, False, "stale_form"), (rows[1].pk, True, None),
    ]  # fmt: skip
    assert statuses() == [ConsentStatus.PENDING, ConsentStatus.REFUSED]


def test_a_reason_without_its_words_answers_none(scene: Scene):
    asked(scene, 2)
    owner = Caller(scene.metro_manager)
    body, before = {"consents": shown(owner), "reason": "other"}, everything()
    response = owner.post("consents/refuse/", body)
    assert problem(response, 400, "bad_input") == [("#/reason_text", "invalid")]
    assert everything() == before


def test_what_is_anothers_to_answer_is_refused_one_by_one(scene: Scene):
    [row] = asked(scene, 1)
    [as_shown] = shown(Caller(scene.metro_manager))
    for person, code in ((scene.asker, "not_yours"), (scene.grid_manager, "not_seen")):
        answer = Caller(person).post("consents/grant/", {"consents": [as_shown]})
        assert [(one["id"], one["code"]) for one in answer.json()["results"]] == [(row.pk, code)]
    assert statuses() == [ConsentStatus.PENDING]


def test_one_answer_may_say_what_it_was_shown(scene: Scene):
    [row] = asked(scene, 1)
    owner = Caller(scene.metro_manager)
    [as_shown] = shown(owner)
    stale = owner.post(f"consents/{row.pk}/grant/", {"fingerprint": "0" * 64})
    assert problem(stale, 409, "stale_form") == []
    granted = owner.post(f"consents/{row.pk}/grant/", {"fingerprint": as_shown["fingerprint"]})
    assert (granted.status_code, granted.json()["fingerprint"]) == (200, None)


def test_a_fingerprint_is_for_who_may_answer(scene: Scene):
    [row] = asked(scene, 1)
    for person in (scene.asker, scene.officer):
        assert Caller(person).get(f"consents/{row.pk}/").json()["fingerprint"] is None
