"""What was decided stays decided: the database refuses to turn it, whoever writes."""

import json
from itertools import permutations

import pytest
from django.db import IntegrityError, connection, transaction

from registry.models import Asset, Protection
from sharing.models import (
    Agreement,
    Approval,
    Consent,
    ConsentStatus,
    Decision,
    EventType,
    ListStatus,
    MatchStatus,
)
from sharing.notifications import outbox
from sharing.workflow import agreements, approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.sharing.scene import Scene, by_hand

pytestmark = pytest.mark.django_db

LISTS = {
    ("draft", "submitted"), ("draft", "closed"), ("submitted", "draft"), ("submitted", "matched"),
    ("submitted", "closed"), ("matched", "draft"), ("matched", "closed"),
}  # fmt: skip
MATCHES = {
    ("proposed", "requested"), ("proposed", "superseded"),
    ("requested", "consented"), ("requested", "refused"), ("requested", "withdrawn"), ("requested", "expired"),
    ("consented", "approved"), ("consented", "rejected"), ("consented", "withdrawn"), ("consented", "expired"),
    ("approved", "active"), ("approved", "ended"), ("active", "ended"),
}  # fmt: skip


def is_refused(statement: str, constraint: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(statement)
            assert cursor.rowcount == 1
            transaction.set_rollback(True)
    except IntegrityError as error:
        assert error.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]
        return True
    return False


@pytest.mark.parametrize(
    ("table", "statuses", "open_moves"),
    [("sharing_demandlist", ListStatus.values, LISTS), ("sharing_match", MatchStatus.values, MATCHES)],
)
def test_a_status_moves_only_as_the_workflow_moves_it(
    scene: Scene, table: str, statuses: list[str], open_moves: set[tuple[str, str]]
):
    one = scene.list.pk if table == "sharing_demandlist" else scene.match.pk
    moved = set()
    for old, new in permutations(statuses, 2):
        by_hand(f"UPDATE {table} SET status = '{old}' WHERE id = {one}")
        if not is_refused(f"UPDATE {table} SET status = '{new}' WHERE id = {one}", "status_moves_forward"):
            moved.add((old, new))
    assert moved == open_moves


ANSWERS = [
    "status = 'granted', reason = ''", "status = 'pending', reason = ''", "status = 'lapsed', reason = ''",
    "reason = 'technical'", "reason_text = 'Other words.'", "conditions = 'By night only.'", "answered_at = now()",
    "answered_by_id = NULL", "asked_by_id = NULL", "asked_by_id = answered_by_id", "id = id + 1",
    "match_id = (SELECT max(id) FROM sharing_match)", "owner_id = (SELECT max(id) FROM registry_organization)",
]  # fmt: skip


@pytest.mark.parametrize("change", ANSWERS)
def test_an_answer_stays(scene: Scene, change: str):
    consents.refuse(scene.requested().consents.get(), reason="safety", actor=scene.metro_manager)
    assert is_refused(f"UPDATE sharing_consent SET {change}", "decision_stays")


def test_an_owner_who_was_asked_is_reminded_after_an_answer_too(scene: Scene):
    scene.consented()
    assert not is_refused("UPDATE sharing_consent SET reminded_at = now(), deadline = now()", "")


@pytest.mark.parametrize(
    "change",
    ["decision = 'rejected', reason = 'planning'", "fingerprint = ''", "decided_at = now()", "id = id + 1"],
)
def test_a_signature_stays(scene: Scene, change: str):
    scene.approved()
    assert is_refused(f"UPDATE sharing_approval SET {change}", "decision_stays")


def test_who_signed_first_of_two_may_reject_and_nothing_else(scene: Scene):
    Asset.objects.filter(pk=scene.near.pk).update(protection=Protection.CORE, protection_reason="grid")
    match = scene.consented()
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    rejected = "UPDATE sharing_approval SET decision = 'rejected', reason = 'planning'"
    assert is_refused(f"{rejected}, decided_by_id = {scene.governor.pk}", "decision_stays")
    approvals.reject(match, reason="planning", actor=scene.officer)
    assert Approval.objects.get().decision == "rejected"
    assert is_refused("UPDATE sharing_approval SET decision = 'approved', reason = ''", "decision_stays")


def test_a_first_signature_lapses_as_it_is_and_is_given_anew(scene: Scene):
    factories.protect(scene.near, Protection.CORE)
    match = scene.consented()
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    assert is_refused("UPDATE sharing_approval SET decision = 'lapsed', matter = ''", "decision_stays")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sharing_approval SET decision = 'lapsed'")
    assert is_refused("UPDATE sharing_approval SET fingerprint = ''", "decision_stays")
    assert not is_refused("UPDATE sharing_approval SET decision = 'approved', fingerprint = ''", "")


@pytest.mark.parametrize(
    "change", ["ended_on = NULL", "ended_on = ended_on + 1", "end_reason = ''", "fee_per_year = 0"]
)
def test_an_end_stays(scene: Scene, change: str):
    scene.demand.period = factories.period(0)
    scene.demand.save()
    agreement = scene.approved()
    assert not is_refused("UPDATE sharing_agreement SET end_reason = 'The site moves.'", "")
    agreements.end(agreement, reason="The site moves.", actor=scene.asker)
    assert Agreement.objects.get().ended_on is not None
    assert is_refused(f"UPDATE sharing_agreement SET {change}", "decision_stays")


def test_an_agreement_stays_that_of_its_match_and_a_match_that_of_its_demand(scene: Scene):
    other = factories.demand(scene.list, name="Site 2")
    moved = f"UPDATE sharing_match SET demand_id = {other.pk} WHERE id = {{}}"
    assert not is_refused(moved.format(scene.match.pk), "")
    scene.approved()
    for change in ("id = id + 1", f"match_id = {scene.runner_up.pk}"):
        assert is_refused(f"UPDATE sharing_agreement SET {change}", "decision_stays")
    assert is_refused(moved.format(scene.match.pk), "decision_stays")
    assert is_refused(f"UPDATE sharing_match SET id = id + 100 WHERE id = {scene.match.pk}", "decision_stays")


def test_a_match_that_was_asked_for_is_not_removed(scene: Scene):
    removed = set()
    for status in MatchStatus.values:
        by_hand(f"UPDATE sharing_match SET status = '{status}' WHERE id = {scene.match.pk}")
        if not is_refused(f"DELETE FROM sharing_match WHERE id = {scene.match.pk}", "decision_stays"):
            removed.add(status)
    assert removed == {"proposed", "superseded"}


def test_an_answer_is_not_removed(scene: Scene):
    scene.requested()
    removed = set()
    for status in ConsentStatus.values:
        by_hand(f"UPDATE sharing_consent SET status = '{status}', reason = '{'safety' * (status == 'refused')}'")
        if not is_refused("DELETE FROM sharing_consent", "decision_stays"):
            removed.add(status)
    assert removed == {"pending"}


def test_no_signature_is_removed_and_no_agreement(scene: Scene):
    scene.approved()
    assert is_refused("DELETE FROM sharing_agreement", "decision_stays")
    for decision in Decision.values:
        reason = "planning" if decision == "rejected" else ""
        by_hand(f"UPDATE sharing_approval SET decision = '{decision}', reason = '{reason}'")
        assert is_refused("DELETE FROM sharing_approval", "decision_stays"), decision


@pytest.mark.parametrize(
    ("table", "turned"),
    [
        ("sharing_match", {"status": "rejected"}),
        ("sharing_consent", {"status": "refused", "reason": "safety"}),
        ("sharing_approval", {"decision": "rejected", "reason": "planning"}),
        ("sharing_agreement", {"fee_per_year": 0}),
    ],
)
def test_nothing_decided_is_put_in_again_as_something_else(scene: Scene, table: str, turned: dict[str, str | int]):
    agreement = scene.approved()
    one = agreement.match_id if table == "sharing_match" else f"(SELECT max(id) FROM {table})"
    again = (
        f"WITH gone AS (DELETE FROM {table} WHERE id = {one} RETURNING {table} AS row)"
        f" INSERT INTO {table} SELECT (jsonb_populate_record(row, '{json.dumps(turned)}')).* FROM gone"
    )
    assert is_refused(again, "decision_stays")


def test_who_asked_stays_and_is_noted_where_an_older_version_asks(scene: Scene):
    consent = scene.requested().consents.get()
    assert is_refused(f"UPDATE sharing_consent SET asked_by_id = {scene.drafter.pk}", "decision_stays")
    by_hand("UPDATE sharing_consent SET asked_by_id = NULL")
    for actor in (None, scene.asker, scene.drafter):
        outbox.record(EventType.CONSENT_ASKED, consent, actor=actor)
        assert Consent.objects.get().asked_by == (scene.asker if actor else None)
