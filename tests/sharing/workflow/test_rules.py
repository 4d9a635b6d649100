"""Who may do what: every role at every verb, and that buttons and verbs cannot disagree."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from registry.models import Membership, Role, User
from sharing.errors import NotSeen, NotYours, Refusal
from sharing.models import ConsentStatus, ListStatus, MatchStatus
from sharing.workflow import agreements, approvals, cobuild_groups, consents, lists, matches
from sharing.workflow.fingerprint import fingerprint_of
from sharing.workflow.rules import MATCH_FACTS, RULES, Standing, Verb, open_verbs
from tests import factories
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene, everything

PEOPLE = {
    f"{side} {role}": (side, role)
    for side in ("party", "metro", "grid", "city", "province", "stranger")
    for role in ("viewer", "editor", "manager")
}


def _prepare(scene: CobuildScene, verb: Verb) -> tuple[Any, Callable[[User], Any]]:
    """An object in a state where the verb is possible, and the verb on it."""
    match verb:
        case Verb.CREATE:
            return scene.list, lambda who: lists.create(scene.party, title="x", actor=who)
        case Verb.EDIT:
            draft = factories.demand_list(scene.party, ListStatus.DRAFT)
            return draft, lambda who: lists.add_demands(draft, [], actor=who)
        case Verb.SUBMIT:
            draft = factories.demand_list(scene.party, ListStatus.DRAFT)
            factories.demand(draft)
            return draft, lambda who: lists.submit(draft, actor=who)
        case Verb.REMATCH:
            return scene.list, lambda who: lists.rematch(scene.list, actor=who)
        case Verb.REOPEN:
            return scene.list, lambda who: lists.reopen(scene.list, actor=who)
        case Verb.CLOSE:
            return scene.list, lambda who: lists.close(scene.list, actor=who)
        case Verb.REQUEST:
            return scene.match, lambda who: matches.request(scene.match, actor=who)
        case Verb.WITHDRAW:
            match_ = scene.requested()
            return match_, lambda who: matches.withdraw(match_, actor=who)
        case Verb.APPROVE:
            match_ = scene.consented()
            return match_, lambda who: approvals.approve(match_, fingerprint=fingerprint_of(match_), actor=who)
        case Verb.REJECT:
            match_ = scene.consented()
            return match_, lambda who: approvals.reject(match_, reason="planning", actor=who)
        case Verb.GRANT:
            consent = scene.requested().consents.get()
            return consent, lambda who: consents.grant(consent, actor=who)
        case Verb.REFUSE:
            consent = scene.requested().consents.get()
            return consent, lambda who: consents.refuse(consent, reason="no_space", actor=who)
        case Verb.END:
            agreement = scene.approved()
            return agreement, lambda who: agreements.end(agreement, reason="x", actor=who)
        case Verb.RENEW:
            agreement = scene.approved()
            return agreement, lambda who: agreements.renew(agreement, until=None, actor=who)
        case Verb.JOIN:
            group = scene.grouped()
            return group, lambda who: cobuild_groups.join(group, actor=who)
        case Verb.DECLINE:
            group = scene.grouped()
            return group, lambda who: cobuild_groups.decline(group, actor=who)
        case Verb.LEAVE:
            group = scene.joined()
            return group, lambda who: cobuild_groups.withdraw(group, actor=who)
        case Verb.FINISH:
            group = scene.agreed()
            return group, lambda who: cobuild_groups.close(group, reason="built", actor=who)
    raise AssertionError(verb)


EDITORS = {"party editor", "party manager"}
MAY: dict[Verb, set[str]] = {
    Verb.CREATE: EDITORS,
    Verb.EDIT: EDITORS,
    Verb.SUBMIT: EDITORS,
    Verb.REMATCH: EDITORS,
    Verb.REOPEN: EDITORS,
    Verb.CLOSE: EDITORS,
    Verb.REQUEST: {"party manager"},
    Verb.WITHDRAW: {"party manager"},
    Verb.APPROVE: {"city manager", "province manager"},
    Verb.REJECT: {"city manager", "province manager"},
    Verb.GRANT: {"metro manager"},
    Verb.REFUSE: {"metro manager"},
    Verb.END: {"party manager", "metro manager"},
    Verb.RENEW: {"party manager"},
    Verb.JOIN: {"party manager"},
    Verb.DECLINE: {"party manager"},
    Verb.LEAVE: {"party manager"},
    Verb.FINISH: {"party manager"},
}


@pytest.mark.parametrize("verb", list(Verb))
def test_each_role_may_do_what_the_matrix_says_and_nothing_else(db: None, verb: Verb):
    scene = CobuildScene()
    subject, act = _prepare(scene, verb)
    before = everything()
    for person, (side, role) in PEOPLE.items():
        who = factories.member(getattr(scene, side) if side != "stranger" else factories.organization(), role)
        may = person in MAY[verb]
        if verb is not Verb.CREATE:
            assert (verb in open_verbs(subject, Standing.of(who))) == may, person
        undone = transaction.savepoint()
        error = _refusal(act, who)
        if may:
            assert error is None, person
            transaction.savepoint_rollback(undone)
            continue
        transaction.savepoint_commit(undone)
        seen = type(subject).objects.visible_to(who).filter(pk=subject.pk).exists() and verb is not Verb.CREATE
        assert error is (NotYours if seen else NotSeen), person
        assert everything() == before, person


def _refusal(act: Callable[[User], Any], who: User) -> type[Refusal] | None:
    try:
        act(who)
    except Refusal as refusal:
        return type(refusal)
    return None


def test_the_matrix_has_a_row_for_every_verb_and_every_verb_a_rule():
    assert set(MAY) == set(Verb) == set(RULES)


@pytest.mark.parametrize("verb", [verb for verb in Verb if RULES[verb].role == Role.MANAGER])
def test_a_superuser_without_membership_decides_nothing(db: None, verb: Verb):
    scene = CobuildScene()
    root = factories.user("root", is_superuser=True)
    subject, act = _prepare(scene, verb)
    assert open_verbs(subject, Standing.of(root)) == []
    with pytest.raises(NotYours):
        act(root)


def test_a_person_whose_account_is_closed_does_nothing(scene: Scene):
    scene.asker.is_active = False
    scene.asker.save()
    with pytest.raises(NotSeen):
        matches.request(scene.match, actor=scene.asker)


def test_a_role_taken_away_counts_at_once(scene: Scene):
    assert scene.asker.roles  # read once, and kept for the span of a request
    Membership.objects.filter(user=scene.asker).update(role=Role.VIEWER)
    with pytest.raises(NotYours):
        matches.request(scene.match, actor=scene.asker)


def test_the_clock_takes_no_persons_decision(scene: Scene):
    with pytest.raises(NotYours):
        matches.request(scene.match, actor=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", MatchStatus.values)
def test_open_verbs_follow_the_state_of_a_match(scene: Scene, status: str):
    scene.match.status = status
    expected = {
        "asker": {
            "proposed": [Verb.REQUEST],
            "requested": [Verb.WITHDRAW],
            "consented": [Verb.WITHDRAW],
        },
        "officer": {"consented": [Verb.APPROVE, Verb.REJECT]},
    }
    for person, by_status in expected.items():
        standing = Standing.of(getattr(scene, person))
        assert open_verbs(scene.match, standing) == by_status.get(status, [])


def test_open_verbs_of_many_matches_ask_the_database_nothing(scene: Scene, django_assert_num_queries):
    for _number in range(5):
        factories.match(factories.demand(scene.list), [scene.near, scene.far])
    found = list(type(scene.match).objects.prefetch_related(*MATCH_FACTS))
    standing = Standing.of(scene.officer)
    with django_assert_num_queries(0):
        assert [open_verbs(match, standing) for match in found] == [[]] * 7


def test_an_answered_consent_offers_no_verb(scene: Scene):
    consent = scene.requested().consents.get()
    standing = Standing.of(scene.metro_manager)
    assert open_verbs(consent, standing) == [Verb.GRANT, Verb.REFUSE]
    consent.status = ConsentStatus.GRANTED
    assert open_verbs(consent, standing) == []


def test_the_nearest_regulator_is_acted_for_by_who_is_a_member_of_two(scene: Scene):
    Membership.objects.create(user=scene.officer, organization=scene.province, role=Role.MANAGER)
    regions = [scene.near.region, scene.far.region]
    nearest = Standing.of(scene.officer).regulates(regions, Role.MANAGER)
    assert nearest is not None
    assert nearest.organization == scene.city
