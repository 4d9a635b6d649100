"""The ledger's lines stay with the matches that they serve: the database refuses to part them, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from registry import capacity
from registry.models import Allocation
from sharing.models import Match
from sharing.workflow import agreements
from tests import factories
from tests.sharing.scene import Scene, by_hand

pytestmark = pytest.mark.django_db


def refusal(*statements: str) -> str:
    """The name of the constraint by which the database refuses to commit these, "" where it would."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount > 0
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return ""


def in_state(scene: Scene, state: str) -> Match:
    """The scene's match, which uses both units of NEAR for a year from today on."""
    scene.demand.period = factories.period(0)
    scene.demand.save()
    match = {"requested": scene.requested, "consented": scene.consented, "active": scene.approved}[state]()
    return getattr(match, "match", match)


def takings(scene: Scene) -> dict[str, str]:
    """Statements that take from a match what it holds, in words."""
    line = "UPDATE registry_allocation SET"
    return {
        "the line": "DELETE FROM registry_allocation",
        "a unit": f"{line} units = int4range(lower(units), upper(units) - 1)",
        "the last day": f"{line} period = daterange(lower(period), upper(period) - 1)",
        "the first day": f"{line} period = daterange(lower(period) + 1, upper(period))",
        "its asset": f"{line} asset_id = {scene.far.pk}",
        "its leg": f"{line} reference = gen_random_uuid()",
        "any leg": f"{line} reference = NULL",
        "its purpose": f"{line} purpose = 'own_use', held_until = NULL",
    }


@pytest.mark.parametrize("state", ["requested", "consented", "active"])
def test_nothing_is_taken_from_a_match_under_way_or_in_force(scene: Scene, state: str):
    in_state(scene, state)
    refused = {what: refusal(taking) for what, taking in takings(scene).items()}
    assert refused == dict.fromkeys(takings(scene), "legs_have_their_lines")


def test_a_grant_is_not_made_a_hold_that_ends(scene: Scene):
    in_state(scene, "active")
    held = "UPDATE registry_allocation SET purpose = 'held', held_until = now()"
    assert refusal(held) == "legs_have_their_lines"


def test_lines_move_and_grow_where_their_leg_keeps_all_that_it_needs(scene: Scene):
    scene.near.capacity = 5
    scene.near.save()
    in_state(scene, "consented")
    for change in (
        "units = '[4,6)'", "period = daterange(lower(period), NULL)", "held_until = now()",
        "purpose = 'granted', held_until = NULL",
    ):  # fmt: skip
        assert refusal(f"UPDATE registry_allocation SET {change}") == ""


def test_lines_of_nobodys_leg_come_and_go(scene: Scene):
    factories.allocate(scene.near, 2)
    for taking in takings(scene).values():
        assert refusal(taking) == ""


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("requested", "refused"), ("requested", "withdrawn"), ("requested", "expired"),
        ("consented", "rejected"), ("consented", "withdrawn"), ("consented", "expired"), ("active", "ended"),
    ],
)  # fmt: skip
def test_a_match_that_falls_through_or_ends_leaves_nothing_held(scene: Scene, state: str, status: str):
    match = in_state(scene, state)
    over = f"UPDATE sharing_match SET status = '{status}' WHERE id = {match.pk}"
    freed = "DELETE FROM registry_allocation"
    assert refusal(over) == "matches_leave_no_lines"
    assert (refusal(over, freed), refusal(freed, over)) == ("", "")


def test_an_agreement_that_ends_keeps_the_days_up_to_its_end_and_no_more(scene: Scene, time_machine):
    match = in_state(scene, "active")
    time_machine.move_to(timezone.now() + timedelta(days=10))
    over = f"UPDATE sharing_match SET status = 'ended' WHERE id = {match.pk}"
    ended = f"UPDATE sharing_agreement SET ended_on = lower(period) + 10 WHERE match_id = {match.pk}"
    cut = "UPDATE registry_allocation SET period = daterange(lower(period), lower(period) + {})"
    assert refusal(over, ended, cut.format(11)) == "matches_leave_no_lines"
    assert refusal(over, ended, cut.format(10)) == ""
    agreement = agreements.end(match.agreement, reason="The site moves.", actor=scene.asker)
    assert refusal("DELETE FROM registry_allocation") == ""
    assert Allocation.objects.get().period.upper == agreement.ended_on


COLUMNS = "asset_id, units, weight_kg, wind_area_m2, power_kw, holder_id, purpose, created_at"


def comings(scene: Scene, match: Match) -> dict[str, str]:
    """Statements by which a line of nobody's leg, on the second unit of FAR, becomes one of a match, in words."""
    reference = match.legs.get().reference
    of_nobody = "FROM registry_allocation WHERE reference IS NULL"
    return {
        "a line": f"UPDATE registry_allocation SET reference = '{reference}' WHERE reference IS NULL",
        "another": f"INSERT INTO registry_allocation ({COLUMNS}, period, reference)"
        f" SELECT {COLUMNS}, daterange(lower(period) - 9, lower(period)), '{reference}' {of_nobody}",
    }


@pytest.mark.parametrize("status", ["refused", "rejected", "withdrawn", "expired", "superseded", "ended"])
def test_a_match_that_is_over_gets_no_lines_later(scene: Scene, status: str):
    factories.allocate(scene.far, 1)
    by_hand(f"UPDATE sharing_match SET status = '{status}' WHERE id = {scene.match.pk}")
    refused = {what: refusal(coming) for what, coming in comings(scene, scene.match).items()}
    assert refused == dict.fromkeys(comings(scene, scene.match), "matches_leave_no_lines")
    assert {refusal(coming) for coming in comings(scene, scene.runner_up).values()} == {""}


def test_an_agreement_that_ended_gets_no_days_beyond_its_end_again(scene: Scene, time_machine):
    match = in_state(scene, "active")
    time_machine.move_to(timezone.now() + timedelta(days=10))
    agreements.end(match.agreement, reason="The site moves.", actor=scene.asker)
    longer = "UPDATE registry_allocation SET period = daterange(lower(period), {})"
    assert refusal(longer.format("NULL")) == "matches_leave_no_lines"
    assert refusal(longer.format("upper(period) + 1")) == "matches_leave_no_lines"
    assert refusal(longer.format("upper(period) - 1")) == ""
    again = f"INSERT INTO registry_allocation ({COLUMNS}, period, reference) SELECT {COLUMNS}, {{}}, reference"
    later, before = (
        f"daterange(lower(period) + {first}, lower(period) + {last})" for first, last in ((10, 11), (-2, -1))
    )
    assert refusal(f"{again.format(later)} FROM registry_allocation") == "matches_leave_no_lines"
    assert refusal(f"{again.format(before)} FROM registry_allocation") == ""


def test_the_legs_of_what_was_asked_for_stay(scene: Scene):
    changes = (
        "quantity = 1", "reference = gen_random_uuid()", f"asset_id = {scene.far.pk}", "asset_id = NULL",
        "id = id + 100", f"match_id = {scene.runner_up.pk}, position = 9",
    )  # fmt: skip
    legs = f"WHERE match_id = {scene.match.pk}"
    statements = [
        *(f"UPDATE sharing_matchleg SET {change} {legs}" for change in changes),
        f"DELETE FROM sharing_matchleg {legs}",
    ]
    assert {refusal(one) for one in statements} == {""}
    scene.requested()
    assert {refusal(one) for one in statements} == {"decision_stays"}
    assert refusal(f"UPDATE sharing_matchleg SET length_m = 7 {legs}") == ""


def test_a_match_whose_lines_were_taken_before_still_falls_through(scene: Scene):
    match = in_state(scene, "requested")
    by_hand("DELETE FROM registry_allocation")
    assert refusal(f"UPDATE sharing_match SET status = 'withdrawn' WHERE id = {match.pk}") == ""
    assert capacity.release(leg.reference for leg in match.legs.all()) == 0
