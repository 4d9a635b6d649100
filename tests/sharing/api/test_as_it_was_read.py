"""Verbs with If-Match: done to an object as its caller has read it, or not at all."""

from typing import Any

import pytest

from sharing.models import WebhookDelivery
from tests.calls import Caller, problem
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.world import World
from tests.sharing.scene import everything

pytestmark = pytest.mark.django_db

VERBS = [name for name, operation in OPERATIONS.items() if operation.method == "POST" and "{}" in operation.path]
ANOTHER = f'"{7:032x}"'


@pytest.fixture(autouse=True)
def uploads_go_nowhere(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_heeds_the_tag_that_was_read(name: str):
    operation, world = OPERATIONS[name], World()
    arguments, body = operation.prepare(world)
    caller = Caller(world.people[sorted(operation.does)[0]])
    address = (operation.path.partition("{}/")[0] + "{}/").format(*arguments)
    tag = caller.get(address)["ETag"]
    before = everything()
    for stale in (ANOTHER, f"{ANOTHER}, W/{tag}"):
        response = caller.post(operation.path.format(*arguments), body, headers={"If-Match": stale})
        assert problem(response, 412, "precondition_failed") == [("If-Match", "invalid")]
    assert (everything(), caller.get(address)["ETag"]) == (before, tag)
    response = caller.post(operation.path.format(*arguments), body, headers={"If-Match": f"{ANOTHER}, {tag}"})
    assert response.status_code == operation.status, response.content


def test_a_decision_on_what_has_changed_meanwhile_is_refused():
    world = World()
    match = world.consented()
    caller, address = Caller(world.officer), f"matches/{match.pk}/"
    tag = caller.get(address)["ETag"]
    assigned = caller.post(f"{address}assign/", {"to": "officer"}, headers={"If-Match": tag})
    before = everything()
    reason = {"reason": "planning", "reason_text": ""}
    stale = caller.post(f"{address}reject/", reason, headers={"If-Match": tag})
    problem(stale, 412, "precondition_failed")
    assert everything() == before
    done = caller.post(f"{address}reject/", reason, headers={"If-Match": assigned["ETag"]})
    assert (done.status_code, done.json()["status"]) == (200, "rejected")


def test_a_delivery_is_replayed_as_it_was_read():
    world = World()
    delivery = world.delivery()
    caller = Caller(world.people["owner manager"])
    tag = caller.get(f"webhook-deliveries/{delivery.pk}/")["ETag"]
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=11)
    problem(
        caller.post(f"webhook-deliveries/{delivery.pk}/replay/", headers={"If-Match": tag}), 412, "precondition_failed"
    )
    assert WebhookDelivery.objects.get(pk=delivery.pk).status == "parked"
