"""The queue says in SQL what the rules say in Python."""

import itertools

from registry.models import Role
from sharing import waiting_for
from sharing.models import Consent, Demand, DemandList, ListStatus, Match, MatchStatus
from sharing.workflow import approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from sharing.workflow.rules import Standing, Verb, open_verbs
from tests import factories
from tests.plans import plan_of
from tests.sharing.cobuild_scene import CobuildScene
from tests.sharing.scene import Scene


def test_whoever_it_is_the_queue_holds_exactly_what_the_rules_open(scene: Scene):
    xiangyang = factories.regulator("xiangyang", of=factories.XIANGYANG)
    people = {
        scene.officer, scene.second_officer, scene.governor, scene.asker, scene.drafter, scene.metro_manager,
        scene.grid_manager, scene.stranger,
        factories.member(scene.city, Role.VIEWER), factories.member(xiangyang), factories.user("nobody"),
    }  # fmt: skip
    both = factories.member(scene.metro, Role.VIEWER, "both")
    both.memberships.create(organization=scene.city, role=Role.MANAGER)
    two = factories.member(scene.city, Role.MANAGER, "two")
    two.memberships.create(organization=xiangyang, role=Role.MANAGER)
    answered = factories.member(scene.metro, Role.MANAGER, "answered")
    away = factories.asset(scene.grid, within=factories.XIANGYANG)
    core = factories.asset(scene.metro, protection="core")
    choices = [[scene.near], [scene.far], [away], [scene.near, away], [core], [core, None]]
    for assets in choices:
        scene.consented(factories.match(factories.demand(scene.list), assets))
    signed = scene.consented(
        factories.match(factories.demand(scene.list), [factories.asset(scene.grid, protection="core")])
    )
    approvals.approve(signed, fingerprint=fingerprint_of(signed), actor=scene.officer)
    scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.grid)]))
    refused = scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    consents.refuse(refused.consents.get(), reason="safety", actor=scene.metro_manager)
    granted = scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    consents.grant(granted.consents.get(), actor=answered)
    asked = factories.member(scene.party, Role.MANAGER, "asked")
    scene.asker, asker = asked, scene.asker
    scene.consented(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    scene.asker = asker
    for who in (answered, asked):
        who.memberships.update(organization=scene.city)
    factories.demand_list(scene.party, status="draft")
    factories.demand_list(scene.grid, status="draft")
    counts = set()
    for person in [*people, both, two, answered, asked]:
        standing = Standing.of(person)
        decide = {match.pk for match in Match.objects.all() if Verb.APPROVE in open_verbs(match, standing)}
        assert {match.pk for match in waiting_for.to_decide(person)} == decide
        answer = {consent.pk for consent in Consent.objects.all() if Verb.GRANT in open_verbs(consent, standing)}
        assert {consent.pk for consent in waiting_for.to_answer(person)} == answer
        submit = {draft.pk for draft in DemandList.objects.all() if Verb.SUBMIT in open_verbs(draft, standing)}
        assert {draft.pk for draft in waiting_for.to_submit(person)} == submit
        proposed = Match.objects.filter(status=MatchStatus.PROPOSED).order_by("demand", "rank")
        request: dict[int, int] = {}
        for match in proposed.exclude(demand__in=Match.objects.live().values("demand")):
            if Verb.REQUEST in open_verbs(match, standing):
                request.setdefault(match.demand_id, match.pk)
        assert {match.pk for match in waiting_for.to_request(person)} == set(request.values())
        counts.add(len(decide))
    assert len(counts) > 2


def test_the_next_best_waits_once_the_best_fell_through_and_none_while_a_list_is_open(scene: Scene):
    def waiting() -> list[Match]:
        return list(waiting_for.to_request(scene.asker))

    assert waiting() == [scene.match]
    match = scene.requested()
    assert waiting() == []
    consents.refuse(match.consents.get(), reason="safety", actor=scene.metro_manager)
    assert waiting() == [scene.runner_up]
    period = scene.demand.period
    Demand.objects.update(period=factories.period(-30, 30))
    assert waiting() == open_verbs(Match.objects.get(pk=scene.runner_up.pk), Standing.of(scene.asker)) == []
    Demand.objects.update(period=period)
    assert waiting() == [scene.runner_up]
    DemandList.objects.filter(pk=scene.list.pk).update(status=ListStatus.CLOSED)
    assert waiting() == []
    assert open_verbs(Match.objects.get(pk=scene.runner_up.pk), Standing.of(scene.asker)) == []


def test_the_oldest_deadline_comes_first_and_none_comes_last(scene: Scene):
    matches = [
        scene.consented(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
        for _n in range(4)
    ]
    days = ["2027-03-01", "2027-01-01", None, "2027-02-01"]
    for match, day in itertools.zip_longest(matches, days):
        Match.objects.filter(pk=match.pk).update(deadline=f"{day}T00:00Z" if day else None)
    first, second, third, fourth = matches
    assert list(waiting_for.to_decide(scene.officer)) == [second, fourth, first, third]


def test_a_group_waits_for_exactly_those_to_whom_joining_is_open(db: None):
    build = CobuildScene()
    group = build.joined()
    for person in (build.asker, build.rival_manager, build.rival_editor, build.officer, build.stranger):
        joinable = [group] if Verb.JOIN in open_verbs(group, Standing.of(person)) else []
        assert list(waiting_for.to_join(person)) == joinable
    assert list(waiting_for.to_join(build.rival_manager)) == [group]


def test_what_waits_is_found_by_indexes_of_what_waits(scene: Scene):
    unread, pending = waiting_for.to_read(scene.asker), waiting_for.to_answer(scene.metro_manager)
    assert "notification_unread" in plan_of(unread)
    assert "consent_to_answer" in plan_of(pending)
    assert "Sort" not in plan_of(unread) + plan_of(pending)
