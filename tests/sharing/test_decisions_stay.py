"""What was decided stays decided: the database refuses to turn it, whoever writes."""

from itertools import permutations

import pytest
from django.db import IntegrityError, connection, transaction

from registry.models import Asset, Protection
from sharing.models import Agreement, Approval, ListStatus, MatchStatus
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
    "answered_by_id = NULL", "asked_by_id = NULL",
]  # fmt: skip


@pytest.mark.parametrize("change", ANSWERS)
def test_an_answer_stays(scene: Scene, change: str):
    consents.refuse(scene.requested().consents.get(), reason="safety", actor=scene.metro_manager)
    assert is_refused(f"UPDATE sharing_consent SET {change}", "decision_stays")


def test_an_owner_who_was_asked_is_reminded_after_an_answer_too(scene: Scene):
    scene.consented()
    assert not is_refused("UPDATE sharing_consent SET reminded_at = now(), deadline = now()", "")


@pytest.mark.parametrize(
    "change", ["decision = 'rejected', reason = 'planning'", "fingerprint = ''", "decided_at = now()"]
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
