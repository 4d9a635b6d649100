import pytest

from registry.models import Allocation, Disclosure, Membership, Protection, Role
from sharing.errors import BadInput, NotSeen, NotYours, WrongState
from sharing.models import Consent, ConsentStatus, Event, MatchStatus, RefusalReason
from sharing.workflow import calendar, consents
from tests import factories
from tests.sharing.scene import Scene, events, free, refused


@pytest.fixture
def consent(scene: Scene) -> Consent:
    return scene.requested().consents.get()


def test_a_grant_keeps_its_conditions_and_who_gave_it(scene: Scene, consent: Consent):
    granted = consents.grant(consent, conditions=" By day only. ", actor=scene.metro_manager)
    granted.refresh_from_db()
    assert granted.status == ConsentStatus.GRANTED
    assert granted.conditions == "By day only."
    assert granted.answered_by == scene.metro_manager
    assert granted.answered_at is not None


def test_the_last_grant_brings_the_match_before_the_regulator_and_keeps_its_units_held(scene: Scene):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    first, second = match.consents.order_by("owner__code")
    consents.grant(first, actor=scene.grid_manager)
    match.refresh_from_db()
    assert match.status == MatchStatus.REQUESTED
    assert "match.consented" not in events()
    consents.grant(second, actor=scene.metro_manager)
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED
    assert match.deadline == calendar.deadline(10)
    held_until = set(Allocation.objects.values_list("held_until", flat=True))
    assert held_until == {calendar.with_grace(match.deadline)}
    assert events()[-1] == "match.consented"


def test_a_grant_discloses_the_exact_places_of_protected_assets_to_the_party_only(scene: Scene):
    hidden = factories.asset(scene.metro, capacity=2, protection=Protection.RESTRICTED)
    of_other = factories.asset(scene.grid, capacity=2, protection=Protection.CORE)
    match = scene.requested(factories.match(scene.demand, [scene.near, hidden, of_other], rank=3))
    assert not Disclosure.objects.exists()
    consents.grant(match.consents.get(owner=scene.metro), actor=scene.metro_manager)
    disclosure = Disclosure.objects.get()
    leg = match.legs.get(asset=hidden)
    assert (disclosure.asset, disclosure.organization, disclosure.reference) == (hidden, scene.party, leg.reference)
    consents.grant(match.consents.get(owner=scene.grid), actor=scene.grid_manager)
    assert set(Disclosure.objects.values_list("asset_id", flat=True)) == {hidden.pk, of_other.pk}


def test_the_next_best_is_offered_by_the_registry_not_by_who_refused(scene: Scene, consent: Consent):
    consents.refuse(consent, reason=RefusalReason.FUTURE_NEED, actor=scene.metro_manager)
    offered = Event.objects.get(type="match.offered")
    assert (offered.match, offered.actor, offered.organization) == (scene.runner_up, None, None)


def test_a_refusal_frees_the_units_and_offers_the_next_best_at_once(scene: Scene, consent: Consent):
    refusal = consents.refuse(consent, reason=RefusalReason.FUTURE_NEED, actor=scene.metro_manager)
    refusal.refresh_from_db()
    assert (refusal.status, refusal.reason) == (ConsentStatus.REFUSED, "future_need")
    scene.match.refresh_from_db()
    assert scene.match.status == MatchStatus.REFUSED
    assert free(scene.near) == 2
    assert events()[-3:] == ["consent.refused", "match.refused", "match.offered"]
    assert Event.objects.first().match == scene.runner_up


def test_a_refusal_lapses_what_other_owners_have_not_answered(scene: Scene):
    match = scene.requested(factories.match(scene.demand, [scene.near, scene.far], rank=3))
    consents.refuse(match.consents.get(owner=scene.metro), reason="no_space", actor=scene.metro_manager)
    other = match.consents.get(owner=scene.grid)
    assert other.status == ConsentStatus.LAPSED
    with refused(WrongState):
        consents.grant(other, actor=scene.grid_manager)


def test_nothing_is_offered_when_nothing_fits(scene: Scene, consent: Consent):
    factories.allocate(scene.far, 1)
    consents.refuse(consent, reason="no_space", actor=scene.metro_manager)
    assert events()[-1] == "match.refused"


def test_a_refusal_needs_a_reason_that_is_known(scene: Scene, consent: Consent):
    with refused(BadInput) as info:
        consents.refuse(consent, reason="because", actor=scene.metro_manager)
    assert info.value.field == "reason"


def test_another_reason_needs_words(scene: Scene, consent: Consent):
    with refused(BadInput) as info:
        consents.refuse(consent, reason="other", reason_text="  ", actor=scene.metro_manager)
    assert info.value.field == "reason_text"
    consents.refuse(consent, reason="other", reason_text="The mast moves.", actor=scene.metro_manager)
    assert Event.objects.get(type="match.refused").data == {"reason": "other", "reason_text": "The mast moves."}


@pytest.mark.parametrize(("who", "error"), [("asker", NotYours), ("grid_manager", NotSeen), ("stranger", NotSeen)])
def test_only_the_owner_asked_answers(scene: Scene, consent: Consent, who: str, error):
    with refused(error):
        consents.grant(consent, actor=getattr(scene, who))
    with refused(error):
        consents.refuse(consent, reason="no_space", actor=getattr(scene, who))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_a_manager_commits_the_owner(scene: Scene, consent: Consent, role: str):
    Membership.objects.filter(user=scene.metro_manager).update(role=role)
    with refused(NotYours):
        consents.grant(consent, actor=scene.metro_manager)


def test_an_answer_is_final(scene: Scene, consent: Consent):
    consents.grant(consent, actor=scene.metro_manager)
    with refused(WrongState):
        consents.refuse(consent, reason="no_space", actor=scene.metro_manager)
