"""Groups that could build together: the registry proposes and closes them, their parties join, decline and withdraw.

Errors: sharing.errors. A group stays as it was proposed until it closes: whoever joins agrees to the share shown.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import User
from registry.nudge import nudge_on_commit
from sharing.errors import BadInput, WrongState
from sharing.matching.cobuild.open_demands import unmet_demands
from sharing.models import (
    CloseReason,
    CobuildAnswer,
    CobuildDemand,
    CobuildGroup,
    CobuildMember,
    CobuildStatus,
    Demand,
    EventType,
)
from sharing.notifications import outbox
from sharing.workflow import rules
from sharing.workflow.locks import lock_group
from sharing.workflow.rules import Verb

# The task that groups unmet demands anew (workflow.regrouping).
REGROUP = "sharing.regroup"
ENDED_BY_MEMBERS = (CloseReason.BUILT, CloseReason.GIVEN_UP)


@transaction.atomic
def join(group: CobuildGroup, *, party: str = "", actor: User) -> CobuildGroup:
    """Commits a party to build its demands of the group together, for its share. The last to join makes it agreed.

    party: its code, needed only from who acts for several. Raises WrongState where a demand is no longer unmet.
    """
    group, member = _member(group, Verb.JOIN, party, actor)
    if not _is_wanted(group):
        raise WrongState(_("A demand of this group is no longer unmet: it closes."))
    _answer(member, CobuildAnswer.JOINED, actor)
    answers = [one.answer for one in group.members.all()]
    joined = answers.count(CobuildAnswer.JOINED)
    outbox.record(
        EventType.COBUILD_JOINED, group, actor=actor, organization=member.party, joined=joined, parties=len(answers)
    )
    if joined == len(answers):
        group.status, group.agreed_at = CobuildStatus.AGREED, timezone.now()
        group.save(update_fields=["status", "agreed_at"])
        outbox.record(EventType.COBUILD_AGREED, group, actor=None, parties=len(answers))
    return group


@transaction.atomic
def withdraw(group: CobuildGroup, *, party: str = "", actor: User) -> CobuildGroup:
    """Takes a party's joining back while others have not joined yet; it may join again."""
    group, member = _member(group, Verb.LEAVE, party, actor)
    member.answer, member.answered_at, member.answered_by = CobuildAnswer.PENDING, None, None
    member.save(update_fields=["answer", "answered_at", "answered_by"])
    joined = sum(one.answer == CobuildAnswer.JOINED for one in group.members.all())
    outbox.record(
        EventType.COBUILD_LEFT, group, actor=actor, organization=member.party, joined=joined,
        parties=len(group.members.all()),
    )  # fmt: skip
    return group


@transaction.atomic
def decline(group: CobuildGroup, *, party: str = "", actor: User) -> CobuildGroup:
    """A party does not want to build its demands together; they are not grouped again until their list is submitted
    anew.

    The group closes, as what the others joined was another cost; they are grouped anew at once.
    """
    group, member = _member(group, Verb.DECLINE, party, actor)
    _answer(member, CobuildAnswer.DECLINED, actor)
    shut([group], CloseReason.DECLINED)
    outbox.record(
        EventType.COBUILD_CLOSED, group, actor=actor, organization=member.party, reason=CloseReason.DECLINED.value
    )
    nudge_on_commit(REGROUP)
    return group


@transaction.atomic
def close(group: CobuildGroup, *, reason: str, party: str = "", actor: User) -> CobuildGroup:
    """Ends an agreed group: built, or given up. Its demands are not grouped again until their list is submitted anew.

    Raises BadInput for any other reason.
    """
    group, member = _member(group, Verb.FINISH, party, actor)
    if reason not in ENDED_BY_MEMBERS:
        raise BadInput(_("Say whether it was built or given up."), "reason")
    shut([group], CloseReason(reason))
    outbox.record(EventType.COBUILD_ENDED, group, actor=actor, organization=member.party, reason=reason)
    return group


def close_groups_of(demands: QuerySet[Demand]) -> None:
    """The registry closes the live groups of lines that are to be removed; comes after the lock of their list."""
    found = CobuildDemand.objects.filter(demand__in=demands, live=True).values("member__group")
    groups = list(CobuildGroup.objects.live().filter(pk__in=found).order_by("pk").select_for_update(no_key=True))
    end(groups, CloseReason.WITHDRAWN)
    if groups:
        nudge_on_commit(REGROUP)


def end(groups: Sequence[CobuildGroup], reason: CloseReason) -> None:
    """Closes locked groups that no longer hold, and tells their parties."""
    shut(groups, reason)
    outbox.record_all(
        outbox.draft(
            EventType.COBUILD_ENDED if one.agreed_at else EventType.COBUILD_CLOSED, one, actor=None,
            reason=reason.value,
        )
        for one in groups
    )  # fmt: skip


def shut(groups: Sequence[CobuildGroup], reason: CloseReason) -> None:
    """Closes locked groups; their demands are free for others."""
    now = timezone.now()
    for group in groups:
        group.status, group.closed_at, group.close_reason = CobuildStatus.CLOSED, now, reason
    CobuildGroup.objects.bulk_update(groups, ["status", "closed_at", "close_reason"])
    CobuildDemand.objects.filter(member__group__in=groups).update(live=False)


def _member(group: CobuildGroup, verb: Verb, party: str, actor: User) -> tuple[CobuildGroup, CobuildMember]:
    """The locked group, and the member that `actor` acts for."""
    group = lock_group(group.pk)
    rules.guard(verb, group, actor)
    standing = rules.Standing.of(actor)
    members = [one for one in rules.answering(verb, group, standing) if not party or one.party.code == party]
    if not members:
        raise BadInput(_("You cannot do this for that party."), "party")
    if len(members) > 1:
        raise BadInput(_("You act for several of its parties: say for which."), "party")
    return group, members[0]


def _answer(member: CobuildMember, answer: CobuildAnswer, actor: User) -> None:
    member.answer, member.answered_at, member.answered_by = answer, timezone.now(), actor
    member.save(update_fields=["answer", "answered_at", "answered_by"])


def _is_wanted(group: CobuildGroup) -> bool:
    brought = CobuildDemand.objects.filter(member__group=group)
    return unmet_demands().filter(cobuilds__in=brought).distinct().count() == brought.count()
