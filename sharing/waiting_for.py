"""What waits for one person, as querysets: the same conditions as workflow.rules, said in SQL so that they can be
counted and ordered. A test holds the two against each other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from registry.models import Membership, Role, User
from sharing.models import (
    Approval,
    Assignment,
    Channel,
    CobuildAnswer,
    CobuildGroup,
    CobuildMember,
    CobuildStatus,
    Consent,
    Decision,
    Demand,
    DemandList,
    ListStatus,
    Match,
    MatchLeg,
    MatchStatus,
    Notification,
)


def to_decide(user: User) -> QuerySet[Match]:
    """Consented matches that `user` may approve, the oldest deadline first."""
    roles = Membership.objects.filter(user=user, role__in=Role.at_least(Role.MANAGER))
    regulated = roles.filter(organization__regulates__isnull=False).values_list(
        "organization__regulates__scheme", "organization__regulates__prefix"
    )
    used = MatchLeg.objects.filter(match=OuterRef("pk"), asset__isnull=False)
    covered = Q(pk__in=[])
    for scheme, prefix in regulated:
        inside = Q(asset__region__scheme=scheme, asset__region__code__startswith=prefix)
        covered |= Q(~Exists(used.exclude(inside)))
    own = list(user.roles)
    signed = Approval.objects.filter(match=OuterRef("pk"), decided_by=user, decision=Decision.APPROVED)
    waiting = Match.objects.filter(covered, Exists(used), status=MatchStatus.CONSENTED)
    waiting = waiting.exclude(demand__list__party__in=own).exclude(Exists(used.filter(asset__owner__in=own)))
    dealt = Consent.objects.filter(Q(asked_by=user) | Q(answered_by=user), match=OuterRef("pk"))
    return waiting.exclude(Exists(dealt)).exclude(Exists(signed)).order_by(F("deadline").asc(nulls_last=True), "pk")


def colleagues(user: User) -> QuerySet[User]:
    """The people, oneself too, who decide for the regulators that `user` decides for."""
    own = user.organizations_as(Role.MANAGER)
    managers = Membership.objects.filter(
        organization__in=own, organization__regulates__isnull=False, role__in=Role.at_least(Role.MANAGER)
    )
    return User.objects.filter(pk__in=managers.values("user"), is_active=True).order_by("username")


@dataclass(frozen=True)
class Load:
    """What one person (None: nobody yet) has to decide: how many, how many of them late, and the nearest deadline."""

    person: User | None
    count: int
    overdue: int
    next_deadline: datetime | None


def workload(user: User) -> list[Load]:
    """What `user` may decide by whom it is assigned to, what is not assigned first; colleagues without any too."""
    people = list(colleagues(user))
    waiting: Any = to_decide(user).order_by().annotate(to=assignee_of(user)).values("to")
    late = Count("pk", filter=Q(deadline__lt=timezone.now()))
    rows = {row["to"]: row for row in waiting.annotate(n=Count("pk"), late=late, next=Min("deadline"))}
    if not people:
        return []
    return [_load(one, rows.get(one.pk if one else None)) for one in (None, *people)]


def _load(person: User | None, row: Any) -> Load:
    return Load(person, row["n"], row["late"], row["next"]) if row else Load(person, 0, 0, None)


def assignee_of(user: User, column: str = "assignee") -> Subquery:
    """The id, or another column, of the person that the match of a row is assigned to, as far as `user` may know."""
    given = Assignment.objects.visible_to(user).filter(match=OuterRef("pk")).order_by("pk")
    return Subquery(given.values(column)[:1])


def to_answer(user: User) -> QuerySet[Consent]:
    """Consents that `user` may grant or refuse, the oldest deadline first."""
    organizations = user.organizations_as(Role.MANAGER)
    return Consent.objects.pending().filter(owner__in=organizations).order_by("deadline", "pk")


def to_request(user: User) -> QuerySet[Match]:
    """Of each demand of a matched list for which nothing is under way the best proposal that `user` may request: the
    next best once a better one fell through."""
    others = Match.objects.filter(demand=OuterRef("demand"))
    better = others.filter(status=MatchStatus.PROPOSED, rank__lt=OuterRef("rank"))
    proposals = Match.objects.filter(
        status=MatchStatus.PROPOSED,
        demand__list__status=ListStatus.MATCHED,
        demand__list__party__in=user.organizations_as(Role.MANAGER),
        demand__in=Demand.objects.not_over(),
    )
    under_way = others.live().filter(renews__isnull=True)
    return proposals.exclude(Exists(better)).exclude(Exists(under_way)).order_by("pk")


def to_submit(user: User) -> QuerySet[DemandList]:
    """Lists in draft that `user` may hand in."""
    organizations = user.organizations_as(Role.EDITOR)
    return DemandList.objects.filter(status=ListStatus.DRAFT, party__in=organizations).order_by("-pk")


def to_join(user: User) -> QuerySet[CobuildGroup]:
    """Open co-build groups that a party of `user` has not answered, what is needed first in front."""
    asked = CobuildMember.objects.filter(
        group=OuterRef("pk"), party__in=user.organizations_as(Role.MANAGER), answer=CobuildAnswer.PENDING
    )
    return CobuildGroup.objects.filter(Exists(asked), status=CobuildStatus.OPEN).order_by("needed_by", "pk")


def under_way(user: User) -> QuerySet[Match]:
    """What the organizations of `user` asked for and others have to answer, the oldest deadline first."""
    asked = Match.objects.filter(
        status__in=(MatchStatus.REQUESTED, MatchStatus.CONSENTED), demand__list__party__in=list(user.roles)
    )
    return asked.order_by(F("deadline").asc(nulls_last=True), "pk")


MATCHES: dict[str, Callable[[User], QuerySet[Match]]] = {
    "request": to_request,
    "decide": to_decide,
    "under_way": under_way,
}
"""What `user` can do with matches or waits for, and those that it is about."""


def to_read(user: User) -> QuerySet[Notification]:
    """Unread messages in the inbox, the newest first."""
    return Notification.objects.filter(recipient=user, channel=Channel.INBOX, read_at__isnull=True).order_by("-pk")
