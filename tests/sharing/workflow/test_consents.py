from functools import partial

import pytest

from registry.models import Allocation, Disclosure, Membership, Protection, Role
from sharing.errors import BadInput, NotSeen, NotYours, StaleForm, WrongState
from sharing.models import Consent, ConsentStatus, Demand, Event, Match, MatchStatus, RefusalReason
from sharing.workflow import calendar, consents
from sharing.workflow.fingerprint import asked_fingerprint, asked_fingerprints
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


def test_nothing_more_is_offered_for_a_line_whose_period_is_over(scene: Scene, consent: Consent):
    Demand.objects.update(period=factories.period(-30, 30))
    consents.refuse(consent, reason="safety", actor=scene.metro_manager)
    assert "match.offered" not in events()


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


def test_an_answer_to_what_was_not_shown_is_stale(scene: Scene):
    consent = scene.requested().consents.get()
    shown = asked_fingerprint(consent)
    Match.objects.update(cost_per_year=31337)
    for verb in (consents.grant, partial(consents.refuse, reason="safety")):
        with refused(StaleForm):
            verb(consent, fingerprint=shown, actor=scene.metro_manager)
    fresh = Consent.objects.get(pk=consent.pk)
    assert consents.grant(fresh, fingerprint=asked_fingerprint(fresh), actor=scene.metro_manager).status == "granted"


def test_what_another_owner_answers_makes_nothing_stale(scene: Scene):
    match = scene.requested(factories.match(factories.demand(scene.list), [scene.near, scene.far]))
    of_metro, of_grid = match.consents.get(owner=scene.metro), match.consents.get(owner=scene.grid)
    shown = asked_fingerprint(of_metro)
    consents.grant(of_grid, actor=scene.grid_manager)
    assert consents.grant(of_metro, fingerprint=shown, actor=scene.metro_manager).status == "granted"


def test_of_many_each_stands_or_falls_alone(scene: Scene):
    first = scene.requested().consents.get()
    other = scene.requested(factories.match(factories.demand(scene.list), [scene.far])).consents.get()
    shown = asked_fingerprints([first, other]) | {first.pk + 999: "0"}
    result = consents.grant_many(shown, conditions="By day", actor=scene.metro_manager)
    assert set(result.done) == {first.pk}
    assert {pk: type(refusal) for pk, refusal in result.failed.items()} == {
        other.pk: NotSeen,
        first.pk + 999: NotSeen,
    }
    assert events()[-2:] == ["consent.granted", "match.consented"]


def test_a_refusal_ends_the_other_request_to_the_same_person_for_the_same_match(scene: Scene):
    scene.grid.memberships.create(user=scene.metro_manager, role="manager")
    match = scene.requested(factories.match(factories.demand(scene.list), [scene.near, scene.far]))
    rows = list(match.consents.order_by("pk"))
    result = consents.refuse_many(asked_fingerprints(rows), reason="safety", actor=scene.metro_manager)
    assert (set(result.done), set(result.failed)) == ({rows[0].pk}, {rows[1].pk})
    assert [row.status for row in match.consents.order_by("pk")] == ["refused", "lapsed"]
