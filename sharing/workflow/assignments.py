"""A regulator's people share out what is to be decided. Whose work a match is takes the right to decide from nobody.

Errors: sharing.errors.
"""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import Organization, User
from sharing.errors import BadInput
from sharing.models import Assignment, EventType, Match
from sharing.notifications import outbox
from sharing.workflow import rules
from sharing.workflow.bulk import BulkResult, alone, locked
from sharing.workflow.locks import lock_match
from sharing.workflow.rules import RULES, Standing, Verb

# Rejecting is open to who may decide, whether they have signed already or not.
DECIDING = Verb.REJECT


def may_assign(match: Match, standing: Standing) -> bool:
    """Whether this person may give the match to a colleague. Asks the database as little as rules.open_verbs."""
    return rules.may_decide(match, standing)


@transaction.atomic
def assign(match: Match, *, to: User | None, actor: User) -> Match:
    """Gives a match to a colleague who may approve it, or to nobody in particular.

    Who may decide on it may give it away, even after the first of two approvals. Raises BadInput for somebody who
    belongs to another office, takes part in the match or has approved it already.
    """
    match = lock_match(match.pk)
    _assign(match, to, actor)
    return match


@transaction.atomic
def assign_many(match_ids: Iterable[int], *, to: User | None, actor: User) -> BulkResult[Match]:
    """Gives each match to the same colleague; each stands or falls alone."""
    result, matches = locked(match_ids, actor)
    for match in matches:
        with alone(result, match.pk):
            _assign(match, to, actor)
            result.done[match.pk] = match
    return result


def _assign(match: Match, to: User | None, actor: User) -> None:
    rules.guard(DECIDING, match, actor)
    regulator = _office(match, actor)
    assert regulator is not None, "the guard has found one"
    now = Assignment.objects.filter(match=match, regulator=regulator).first()
    if to is None:
        if now:
            now.delete()
        return
    if rules.why_not(Verb.APPROVE, match, Standing.of(to)) or _office(match, to) != regulator:
        raise BadInput(
            _("%(person)s cannot decide on this: choose a manager of %(office)s who takes no part in it.")
            % {"person": to, "office": regulator},
            "to",
        )
    if now and now.assignee_id == to.pk:
        return
    Assignment.objects.update_or_create(
        match=match, regulator=regulator, defaults={"assignee": to, "assigned_by": actor}
    )
    outbox.record(EventType.MATCH_ASSIGNED, match, actor=actor, organization=regulator, assignee=to.pk, to=str(to))


def _office(match: Match, person: User) -> Organization | None:
    """The regulator for which `person` decides on the match."""
    membership = Standing.of(person).regulates(rules.regions(match), RULES[Verb.APPROVE].role)
    return membership.organization if membership else None
