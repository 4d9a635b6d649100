from decimal import Decimal

import pytest
from django.utils import timezone

from registry.models import Allocation, Asset, Membership, Organization, Protection, Purpose, Role
from sharing.audit import findings
from sharing.errors import BadInput, NotSeen, NotYours, StaleForm, WrongState
from sharing.models import Agreement, Approval, Decision, Match, MatchStatus, RejectionReason
from sharing.workflow import agreements, approvals, assignments, consents, matches
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.sharing.scene import Scene, by_hand, events, free, refused


@pytest.fixture
def match(scene: Scene) -> Match:
    return scene.consented()


def approve(match: Match, who) -> Match:
    return approvals.approve(match, fingerprint=fingerprint_of(match), actor=who)


def test_an_approval_turns_holds_into_grants_and_makes_the_agreement(scene: Scene, match: Match):
    assert approve(match, scene.officer).status == MatchStatus.APPROVED
    line = Allocation.objects.get()
    assert (line.purpose, line.held_until, line.holder) == (Purpose.GRANTED, None, scene.party)
    agreement = Agreement.objects.get()
    assert (agreement.match, agreement.period) == (match, scene.demand.period)
    assert agreement.fee_per_year == match.cost_per_year
    approval = Approval.objects.get()
    assert (approval.decision, approval.regulator, approval.decided_by) == (
        Decision.APPROVED,
        scene.city,
        scene.officer,
    )
    scene.runner_up.refresh_from_db()
    assert scene.runner_up.status == MatchStatus.SUPERSEDED
    assert events()[-1] == "match.approved"


def test_a_route_that_comes_back_to_an_asset_is_granted_it_once(scene: Scene):
    route = factories.match(scene.demand, [scene.near, None, scene.near], rank=3)
    assert scene.approved(route).match.status == MatchStatus.APPROVED
    assert Allocation.objects.get().purpose == Purpose.GRANTED


@pytest.mark.parametrize(
    "damage", ["DELETE FROM registry_allocation", "UPDATE registry_allocation SET units = '[1,2)'"]
)
def test_nothing_is_approved_of_which_the_ledger_does_not_hold_all_units(scene: Scene, match: Match, damage: str):
    by_hand(damage)
    with refused(WrongState) as info:
        approve(match, scene.officer)
    assert info.value.message == "The ledger does not hold the units that this match asks for: reject it."
    approvals.reject(match, reason="other", reason_text="Its lines are lost.", actor=scene.officer)
    assert free(scene.near) == 2


def test_it_is_in_force_at_once_when_its_period_has_begun(scene: Scene):
    scene.demand.period = factories.period(0)
    scene.demand.save()
    assert approve(scene.consented(), scene.officer).status == MatchStatus.ACTIVE
    assert events()[-2:] == ["match.approved", "agreement.activated"]


def test_numbers_run_by_region_and_year(scene: Scene):
    year = timezone.localdate().year
    for officer, expected in (
        (scene.officer, f"4201-{year}-000001"),
        (scene.second_officer, f"4201-{year}-000002"),
        (scene.governor, f"42-{year}-000001"),
        (scene.officer, f"4201-{year}-000003"),
    ):
        tower = factories.asset(scene.metro)
        done = approve(scene.consented(factories.match(factories.demand(scene.list), [tower])), officer)
        assert done.agreement.number == expected


@pytest.mark.parametrize(
    ("who", "error"), [("asker", NotYours), ("metro_manager", NotYours), ("grid_manager", NotSeen)]
)
def test_only_regulators_approve(scene: Scene, match: Match, who: str, error):
    with refused(error):
        approve(match, getattr(scene, who))
    with refused(error):
        approvals.reject(match, reason="planning", actor=getattr(scene, who))


def test_a_regulator_of_another_place_does_not_see_it(scene: Scene, match: Match):
    elsewhere = factories.member(factories.regulator(of=factories.XIANGYANG))
    with refused(NotSeen):
        approve(match, elsewhere)


def test_a_match_across_two_prefectures_goes_to_the_province(scene: Scene):
    away = factories.asset(scene.grid, capacity=2, within=factories.XIANGYANG)
    across = scene.consented(factories.match(scene.demand, [scene.near, away], rank=3))
    with refused(NotYours):
        approve(across, scene.officer)
    assert approve(across, scene.governor).status == MatchStatus.APPROVED


def test_nobody_approves_where_their_own_organization_takes_part(scene: Scene, match: Match):
    Membership.objects.create(user=scene.officer, organization=scene.metro, role=Role.VIEWER)
    with refused(NotYours):
        approve(match, scene.officer)
    assert approve(match, scene.second_officer).status == MatchStatus.APPROVED


@pytest.mark.parametrize("side", ["asker", "metro_manager"])
def test_who_asked_or_answered_for_a_side_does_not_decide_whatever_they_are_now(scene: Scene, match: Match, side: str):
    who = getattr(scene, side)
    Membership.objects.filter(user=who).delete()
    Membership.objects.create(user=who, organization=scene.city, role=Role.MANAGER)
    with refused(NotYours):
        approve(match, who)
    with refused(NotYours):
        approvals.reject(match, reason="planning", actor=who)
    with refused(BadInput):
        assignments.assign(match, to=who, actor=scene.officer)
    assert approve(match, scene.officer).status == MatchStatus.APPROVED


def test_who_asked_for_a_renewal_does_not_approve_it(scene: Scene):
    agreement = scene.approved()
    asker = factories.member(scene.party, Role.MANAGER, "successor")
    renewal = agreements.renew(agreement, until=None, actor=asker)
    consents.grant(renewal.consents.get(), actor=scene.metro_manager)
    renewal.refresh_from_db()
    Membership.objects.filter(user=asker).update(organization=scene.city)
    with refused(NotYours):
        approve(renewal, asker)
    assert approve(renewal, scene.officer).status == MatchStatus.APPROVED


def test_a_regulator_does_not_approve_its_own_request(scene: Scene):
    Organization.objects.filter(pk=scene.party.pk).update(regulates=factories.region(factories.WUHAN_CODE))
    match = scene.consented()
    with refused(NotYours):
        approve(match, scene.asker)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_a_manager_of_the_regulator_decides(scene: Scene, match: Match, role: str):
    Membership.objects.filter(user=scene.officer).update(role=role)
    with refused(NotYours):
        approve(match, scene.officer)


def test_what_is_not_consented_is_not_approved(scene: Scene):
    requested = scene.requested()
    with refused(WrongState):
        approve(requested, scene.officer)


def _another_request_on_the_asset(scene: Scene) -> None:
    factories.allocate(scene.near, 1, start=factories.period(900).lower)


def _other_conditions(scene: Scene) -> None:
    by_hand("UPDATE sharing_consent SET conditions = 'By night only.'")


def _another_price(scene: Scene) -> None:
    Match.objects.update(cost_per_year=Decimal(1))


def _another_place(scene: Scene) -> None:
    Asset.objects.filter(pk=scene.near.pk).update(geometry="SRID=4326;POINT(114.4 30.6)")


def _another_region(scene: Scene) -> None:
    Asset.objects.filter(pk=scene.near.pk).update(region=factories.region(factories.WUCHANG))


def _another_quantity(scene: Scene) -> None:
    by_hand("UPDATE sharing_matchleg SET quantity = 1")


@pytest.mark.parametrize(
    "change",
    [
        _another_request_on_the_asset,
        _other_conditions,
        _another_price,
        _another_place,
        _another_region,
        _another_quantity,
    ],
)
def test_what_has_changed_since_it_was_shown_is_not_approved(scene: Scene, match: Match, change):
    shown = fingerprint_of(match)
    change(scene)
    with refused(StaleForm):
        approvals.approve(match, fingerprint=shown, actor=scene.officer)
    with refused(StaleForm):
        approvals.approve(match, fingerprint="", actor=scene.officer)


def test_the_same_state_has_the_same_fingerprint_however_it_is_read(scene: Scene, match: Match):
    whole = (
        Match.objects.select_related("demand__list__party").prefetch_related("legs__asset__region").get(pk=match.pk)
    )
    assert fingerprint_of(whole) == fingerprint_of(Match.objects.get(pk=match.pk))


def test_a_core_asset_needs_two_different_persons(scene: Scene):
    core = factories.asset(scene.metro, capacity=2, protection=Protection.CORE)
    match = scene.consented(factories.match(scene.demand, [core], rank=3))
    first = fingerprint_of(match)
    assert approvals.approve(match, fingerprint=first, actor=scene.officer).status == MatchStatus.CONSENTED
    assert Allocation.objects.get().purpose == Purpose.HELD
    assert events()[-1] == "match.countersigned"
    with refused(WrongState):
        approve(match, scene.officer)
    with refused(StaleForm):  # the second person is to know of the first
        approvals.approve(match, fingerprint=first, actor=scene.second_officer)
    assert approve(match, scene.second_officer).status == MatchStatus.APPROVED
    assert Approval.objects.count() == 2


def signed(scene: Scene) -> Match:
    """A match with a core asset that the officer has approved, as the first of two."""
    core = factories.asset(scene.metro, capacity=2, protection=Protection.CORE, code="CORE")
    return approve(scene.consented(factories.match(scene.demand, [core], rank=3)), scene.officer)


def decisions() -> dict[str, str]:
    return dict(Approval.objects.values_list("decided_by__username", "decision"))


def _moved(match: Match) -> None:
    Asset.objects.filter(code="CORE").update(geometry="SRID=4326;POINT(114.4 30.6)")


def _enlarged(match: Match) -> None:
    Asset.objects.filter(code="CORE").update(capacity=200)


def _in_another_region(match: Match) -> None:
    Asset.objects.filter(code="CORE").update(region=factories.region(factories.WUCHANG))


def _dearer(match: Match) -> None:
    Match.objects.filter(pk=match.pk).update(cost_per_year=Decimal(1))


@pytest.mark.parametrize("change", [_moved, _enlarged, _in_another_region, _dearer])
def test_a_first_approval_counts_only_for_the_match_that_was_approved(scene: Scene, change, time_machine):
    time_machine.move_to(timezone.now(), tick=False)  # no clock need tell the two approvals of one person apart
    match = signed(scene)
    change(match)
    match.refresh_from_db()
    assert approve(match, scene.second_officer).status == MatchStatus.CONSENTED
    assert decisions() == {"officer": "lapsed", "second-officer": "approved"}
    assert events()[-2:] == ["match.countersigned", "match.countersigned"]
    with refused(WrongState):
        approve(match, scene.second_officer)
    assert approve(match, scene.officer).status == MatchStatus.APPROVED
    assert decisions() == {"officer": "approved", "second-officer": "approved"}
    assert [finding.claim.code for finding in findings() if not finding.holds] == []


def _of_the_party(scene: Scene) -> None:
    Membership.objects.create(user=scene.officer, organization=scene.party, role=Role.VIEWER)


def _no_manager(scene: Scene) -> None:
    Membership.objects.filter(user=scene.officer).update(role=Role.EDITOR)


def _closed(scene: Scene) -> None:
    scene.officer.is_active = False
    scene.officer.save()


@pytest.mark.parametrize("change", [_of_the_party, _no_manager, _closed])
def test_a_first_approval_counts_only_while_who_gave_it_could_give_it_still(scene: Scene, change):
    match = signed(scene)
    change(scene)
    assert approve(match, scene.second_officer).status == MatchStatus.CONSENTED
    assert decisions() == {"officer": "lapsed", "second-officer": "approved"}
    with refused(NotSeen if change is _closed else NotYours):
        approve(match, scene.officer)
    assert approve(match, scene.governor).status == MatchStatus.APPROVED


def test_a_first_approval_counts_whatever_others_hold_of_the_asset_meanwhile(scene: Scene):
    """The units of the match are held all the while."""
    match = signed(scene)
    factories.allocate(Asset.objects.get(code="CORE"), 1, start=factories.period(900).lower)
    assert approve(match, scene.second_officer).status == MatchStatus.APPROVED


def test_who_approved_first_does_not_alone_approve_what_it_has_become(scene: Scene):
    match = signed(scene)
    _moved(match)
    with refused(WrongState):
        approve(match, scene.officer)


def test_an_asset_that_is_core_no_longer_leaves_the_first_approval_behind(scene: Scene):
    match = signed(scene)
    Asset.objects.filter(code="CORE").update(protection=Protection.OPEN)
    assert approve(match, scene.second_officer).status == MatchStatus.APPROVED
    assert decisions() == {"officer": "lapsed", "second-officer": "approved"}


def test_who_signed_first_may_still_reject(scene: Scene):
    core = factories.asset(scene.metro, capacity=2, protection=Protection.CORE)
    match = approve(scene.consented(factories.match(scene.demand, [core], rank=3)), scene.officer)
    rejected = approvals.reject(match, reason="security", actor=scene.officer)
    assert rejected.status == MatchStatus.REJECTED
    assert Approval.objects.get().decision == Decision.REJECTED


def test_a_rejection_frees_the_units_and_offers_the_next_best(scene: Scene, match: Match):
    rejected = approvals.reject(match, reason=RejectionReason.OTHER, reason_text="Flood zone.", actor=scene.officer)
    assert rejected.status == MatchStatus.REJECTED
    assert free(scene.near) == 2
    approval = Approval.objects.get()
    assert (approval.decision, approval.reason, approval.reason_text) == ("rejected", "other", "Flood zone.")
    assert events()[-2:] == ["match.rejected", "match.offered"]


@pytest.mark.parametrize(
    ("reason", "text", "field"), [("", "", "reason"), ("no_space", "", "reason"), ("other", " ", "reason_text")]
)
def test_a_rejection_needs_a_reason(scene: Scene, match: Match, reason: str, text: str, field: str):
    with refused(BadInput) as info:
        approvals.reject(match, reason=reason, reason_text=text, actor=scene.officer)
    assert info.value.field == field


def test_a_period_that_is_over_is_not_approved(scene: Scene, match: Match):
    scene.demand.period = factories.period(-30, 30)
    scene.demand.save()
    match.refresh_from_db()
    with refused(WrongState):
        approve(match, scene.officer)


def test_what_its_present_owner_was_not_asked_about_is_not_approved(scene: Scene, match: Match):
    Asset.objects.filter(pk=scene.near.pk).update(owner=scene.grid)
    with refused(WrongState) as info:
        approve(match, scene.officer)
    said = "An asset has changed hands since its owner agreed: reject this, and have it matched anew."
    assert info.value.message == said


def test_of_many_each_stands_or_falls_alone(scene: Scene, match: Match):
    """Two share an asset: approving the first changes the ledger that the second was shown, yet both are approved."""
    tower = factories.asset(scene.metro)
    same = [scene.consented(factories.match(factories.demand(scene.list), [tower])) for _i in range(2)]
    stale = scene.consented(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    moved = scene.consented(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    away = factories.asset(scene.metro, within=factories.XIANGYANG)
    elsewhere = scene.consented(factories.match(factories.demand(scene.list), [away]))
    shown = {m.pk: fingerprint_of(m) for m in [match, *same, stale, moved, elsewhere]}
    shown[999_999_999] = "0" * 64
    Match.objects.filter(pk=stale.pk).update(cost_per_year=Decimal(1))
    matches.withdraw(moved, actor=scene.asker)
    result = approvals.approve_many(shown, actor=scene.officer)
    assert set(result.done) == {match.pk, same[0].pk, same[1].pk}
    assert {pk: type(refusal) for pk, refusal in result.failed.items()} == {
        stale.pk: StaleForm,
        moved.pk: WrongState,
        elsewhere.pk: NotSeen,
        999_999_999: NotSeen,
    }
    assert set(Agreement.objects.values_list("match_id", flat=True)) == set(result.done)
    stale.refresh_from_db()
    assert stale.status == MatchStatus.CONSENTED
    assert Approval.objects.count() == 3


def test_many_are_rejected_for_one_reason(scene: Scene, match: Match):
    requested = scene.requested(factories.match(factories.demand(scene.list), [factories.asset(scene.metro)]))
    result = approvals.reject_many([match.pk, requested.pk], reason="planning", actor=scene.officer)
    assert set(result.done) == {match.pk}
    assert type(result.failed[requested.pk]) is WrongState
    assert free(scene.near) == 2


def test_many_are_not_rejected_without_a_reason(scene: Scene, match: Match):
    before = Approval.objects.count()
    result = approvals.reject_many([match.pk], reason="", actor=scene.officer)
    assert (type(result.failed[match.pk]), result.done, Approval.objects.count()) == (BadInput, {}, before)


def test_a_consent_after_the_fact_does_not_reach_an_approved_match(scene: Scene, match: Match):
    approve(match, scene.officer)
    with refused(WrongState):
        consents.refuse(match.consents.get(), reason="no_space", actor=scene.metro_manager)
