"""Two who send the same If-Match with a verb: one does it, the other is told that it is another by now."""

import threading
from functools import partial

import pytest

from registry.api import etags
from sharing.api.match import MatchResource
from sharing.models import Match
from tests.calls import Caller
from tests.races.crowd import at_once
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def assignments_that_meet(scene: Scene, match: Match) -> list[int]:
    """The statuses of two calls that give the match to two colleagues, as both have read it."""
    officers = [Caller(scene.officer), Caller(scene.second_officer)]
    address = f"matches/{match.pk}/"
    read = [(caller, caller.get(address)["ETag"]) for caller in officers]
    names = ("officer", "second-officer")
    acts = [
        partial(caller.post, f"{address}assign/", {"to": name}, headers={"If-Match": tag})
        for (caller, tag), name in zip(read, names, strict=True)
    ]
    return sorted(response.status_code for response in at_once(acts))


def test_one_verb_is_done_and_the_other_is_told(scene: Scene):
    match = scene.consented()
    assert assignments_that_meet(scene, match) == [200, 412]


def test_control_without_the_lock_both_are_done(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    match = scene.consented()
    both_have_compared = threading.Barrier(2)
    compare = etags.check_match

    def compared(request, etag):
        compare(request, etag)
        both_have_compared.wait(60)

    monkeypatch.setattr(MatchResource, "lock", lambda view, found: None)
    monkeypatch.setattr(etags, "check_match", compared)
    assert assignments_that_meet(scene, match) == [200, 200]
