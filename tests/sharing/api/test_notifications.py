"""The inbox by the API: read, unread again, and read many at once."""

import pytest

from sharing.models import Channel, Notification
from sharing.notifications import outbox
from tests.calls import Caller, problem
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    found = Scene()
    found.consented()
    outbox.dispatch()
    return found


def unread(caller: Caller, **parameters: str) -> set[str]:
    rows = caller.get("notifications/", unread="true", **parameters).json()["results"]
    return {row["type"] for row in rows}


def test_what_was_read_is_unread_again(scene: Scene):
    owner = Caller(scene.metro_manager)
    [told] = owner.get("notifications/", type="consent.asked").json()["results"]
    address = f"notifications/{told['id']}/"
    assert told["actions"] == ["read"]
    assert owner.post(f"{address}read/").json()["actions"] == ["unread"]
    assert "consent.asked" not in unread(owner)
    again = owner.post(f"{address}unread/").json()
    assert (again["read_at"], again["actions"]) == (None, ["read"]) and "consent.asked" in unread(owner)
    problem(Caller(scene.stranger).post(f"{address}unread/"), 404, "not_seen")


def test_many_are_read_at_once_and_only_ones_own(scene: Scene):
    asker = Caller(scene.asker)
    types = unread(asker)
    assert "consent.granted" in types and len(types) > 1
    assert asker.post("notifications/read/", {"type": "consent.granted"}).json() == {"read": 1}
    assert unread(asker) == types - {"consent.granted"}
    assert unread(asker, list=str(scene.list.pk)) == unread(asker)
    assert asker.post("notifications/read/", {"list": scene.list.pk + 1}).json() == {"read": 0}
    others = Notification.objects.exclude(recipient=scene.asker).filter(channel=Channel.INBOX, read_at=None).count()
    assert asker.post("notifications/read/", {}).json()["read"] == len(types) - 1
    assert unread(asker) == set()
    left = Notification.objects.exclude(recipient=scene.asker).filter(channel=Channel.INBOX, read_at=None).count()
    assert others == left > 0
    wrong = asker.post("notifications/read/", {"type": "consent.late"})
    assert problem(wrong, 400, "bad_input") == [("#/type", "invalid_choice")]
