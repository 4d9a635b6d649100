"""The audit finds nothing where the verbs wrote, and each kind of damage by its name."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from registry.models import Asset, Protection
from sharing import audit
from sharing.models import Agreement, Approval
from sharing.workflow import agreements, approvals, consents
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.sharing.scene import Scene, by_hand

pytestmark = pytest.mark.django_db

# A claim, and a statement that breaks what it says although the database's own guards are switched off only for it.
DAMAGE = {
    "legs_have_their_lines": "DELETE FROM registry_allocation WHERE purpose = 'granted'",
    "lines_have_their_legs": "UPDATE registry_allocation SET reference = gen_random_uuid() WHERE purpose = 'granted'",
    "used_today_is_the_sum": "UPDATE registry_asset SET used_today = used_today + 1",
    "no_unit_beyond_capacity": "UPDATE registry_allocation SET units = '[9000,9001)'",
    "answers_have_events": "DELETE FROM sharing_event WHERE type = 'consent.granted'",
    "signatures_have_events": "DELETE FROM sharing_event WHERE type = 'match.approved'",
    "agreements_have_events": "DELETE FROM sharing_event WHERE type = 'match.approved'",
    "cells_hold_enough": (
        "SET LOCAL registry.cell_holds = 3;"
        "UPDATE registry_asset SET protection = 'restricted', protection_reason = 'grid', near_rung = 0"
    ),
    "statuses_have_events": "DELETE FROM sharing_event WHERE type = 'agreement.activated'",
}


# What somebody decided, turned into something else with as many decisions and as many events as before.
TURNED = {
    "UPDATE sharing_consent SET status = 'refused', reason = 'safety'": {"answers_have_events": 2},
    "UPDATE sharing_consent SET status = 'pending'": {"answers_have_events": 1},
    "UPDATE sharing_consent SET conditions = 'None.'": {"answers_have_events": 1},
    "UPDATE sharing_consent SET answered_by_id = (SELECT max(id) FROM registry_user)": {"answers_have_events": 1},
    "UPDATE sharing_consent SET match_id = (SELECT max(id) FROM sharing_match)": {"answers_have_events": 1},
    "UPDATE sharing_consent SET owner_id = (SELECT max(id) FROM registry_organization)": {"answers_have_events": 1},
    "UPDATE sharing_event SET consent_id = NULL WHERE type = 'consent.granted'": {"answers_have_events": 2},
    "UPDATE sharing_approval SET decision = 'rejected', reason = 'planning'": {"signatures_have_events": 1},
    "UPDATE sharing_approval SET regulator_id = (SELECT max(id) FROM registry_organization)": {
        "signatures_have_events": 1
    },
    "UPDATE sharing_agreement SET match_id = (SELECT max(id) FROM sharing_match)": {"agreements_have_events": 2},
    "UPDATE sharing_agreement SET ended_on = lower(period)": {"agreements_have_events": 1},
    "UPDATE sharing_match SET status = 'approved' WHERE status = 'active'": {"statuses_have_events": 1},
    "UPDATE sharing_match SET status = 'withdrawn' WHERE status = 'superseded'": {"statuses_have_events": 1},
    "UPDATE sharing_match SET status = 'ended' WHERE status = 'active'": {
        "agreements_have_events": 1,
        "statuses_have_events": 1,
    },
}


def faults() -> dict[str, int]:
    return {finding.claim.code: finding.faults for finding in audit.findings() if not finding.holds}


@pytest.fixture
def in_force(scene: Scene) -> Scene:
    scene.demand.period = factories.period(0)
    scene.demand.save()
    scene.approved()
    return scene


def test_nothing_is_wrong_after_each_step_of_a_match(scene: Scene):
    assert faults() == {}
    scene.requested()
    assert faults() == {}
    for consent in scene.match.consents.all():
        consents.grant(consent, actor=scene.metro_manager)
    assert faults() == {}
    scene.match.refresh_from_db()
    approvals.approve(scene.match, fingerprint=fingerprint_of(scene.match), actor=scene.officer)
    assert faults() == {}


def test_a_route_that_comes_back_to_an_asset_is_in_order_and_holds_no_more_of_it(scene: Scene):
    scene.approved(factories.match(scene.demand, [scene.near, None, scene.near], rank=3))
    assert faults() == {}
    by_hand(
        "UPDATE registry_allocation SET units = '[1,2)', reference = "
        "(SELECT reference FROM sharing_matchleg ORDER BY id DESC LIMIT 1)"
    )
    assert faults()["legs_have_their_lines"] == 2, "the first leg has nothing, the last too few"


def test_who_signs_first_of_two_and_then_rejects_decided_once_in_two_steps(scene: Scene):
    Asset.objects.filter(pk=scene.near.pk).update(protection=Protection.CORE, protection_reason="grid")
    match = scene.consented()
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    assert faults() == {}
    approvals.reject(match, reason="planning", actor=scene.officer)
    assert (Approval.objects.count(), faults()) == (1, {})
    by_hand("UPDATE sharing_event SET actor_id = NULL WHERE type = 'match.rejected'")
    assert faults()["signatures_have_events"] == 2, "a signature without its event, an event without its signature"


def test_an_agreement_that_ended_early_is_in_order(in_force: Scene, time_machine):
    agreement = Agreement.objects.get()
    time_machine.move_to(timezone.now() + timedelta(days=10))
    agreements.end(agreement, reason="The site moves.", actor=in_force.asker)
    assert "ended_agreements_hold_nothing" not in faults()
    assert "legs_have_their_lines" not in faults()


@pytest.mark.parametrize("code", DAMAGE)
def test_damage_is_found_by_its_name(in_force: Scene, code: str):
    assert faults() == {}
    by_hand(DAMAGE[code])
    assert code in faults()


@pytest.mark.parametrize("statement", TURNED)
def test_a_decision_that_is_turned_is_found_although_the_numbers_agree(in_force: Scene, statement: str):
    by_hand(statement)
    found = faults()
    assert {code: found.get(code) for code in TURNED[statement]} == TURNED[statement]


def test_a_refusal_that_is_turned_into_a_consent_is_found(scene: Scene):
    consents.refuse(scene.requested().consents.get(), reason="safety", actor=scene.metro_manager)
    assert faults() == {}
    by_hand("UPDATE sharing_consent SET status = 'granted', reason = ''")
    assert faults() == {"answers_have_events": 2}, "an answer without its event, an event without its answer"


def test_a_rejection_by_who_had_signed_first_is_not_turned_back_unseen(scene: Scene):
    Asset.objects.filter(pk=scene.near.pk).update(protection=Protection.CORE, protection_reason="grid")
    match = scene.consented()
    approvals.approve(match, fingerprint=fingerprint_of(match), actor=scene.officer)
    approvals.reject(match, reason="planning", actor=scene.officer)
    by_hand("UPDATE sharing_approval SET decision = 'approved', reason = ''")
    assert faults() == {"signatures_have_events": 1}


def test_a_unit_with_two_holders_and_a_load_beyond_its_limit_are_found(in_force: Scene):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE registry_allocation DROP CONSTRAINT allocation_sells_no_unit_twice")
    by_hand("UPDATE registry_asset SET weight_kg = 1 WHERE code = 'NEAR'")
    by_hand(
        "INSERT INTO registry_allocation "
        "(asset_id, units, period, purpose, holder_id, weight_kg, reference, created_at) "
        "SELECT asset_id, units, period, purpose, holder_id, 5, reference, created_at FROM registry_allocation LIMIT 1"
    )
    assert {"no_unit_twice", "no_load_beyond_limit"} <= set(faults())


def test_the_command_says_what_holds_and_fails_when_something_does_not(in_force: Scene):
    out = StringIO()
    call_command("audit", json=True, stdout=out)
    assert set(json.loads(out.getvalue()).values()) == {0}
    assert len(json.loads(out.getvalue())) == len(audit.CLAIMS)
    by_hand(DAMAGE["used_today_is_the_sum"])
    with pytest.raises(CommandError, match="used_today_is_the_sum: 2"):
        call_command("audit", stdout=StringIO())
