"""Who may do what when: one table. It guards the verbs, and says which of them are open to a person.

A verb is for one side of its object, from a role up, in certain states. Superusers see all and decide nothing, unless
they are members too. Where the actor is None the registry itself acts: its clock, or its console.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kinds import short
from registry.models import Membership, Organization, Protection, Region, Role, User
from sharing.errors import NotSeen, NotYours, Refusal, WrongState
from sharing.models import (
    IN_FORCE,
    Agreement,
    CobuildAnswer,
    CobuildGroup,
    CobuildMember,
    CobuildStatus,
    Consent,
    ConsentStatus,
    Decision,
    DemandList,
    ListStatus,
    Match,
    MatchStatus,
)


class Verb(models.TextChoices):
    """Every decision a person can take; the labels are those of buttons."""

    CREATE = "list.create", gettext_lazy("Create a demand list")
    EDIT = "list.edit", gettext_lazy("Edit")
    SUBMIT = "list.submit", gettext_lazy("Submit")
    REMATCH = "list.rematch", gettext_lazy("Match again")
    REOPEN = "list.reopen", gettext_lazy("Reopen")
    CLOSE = "list.close", gettext_lazy("Close")
    REQUEST = "match.request", gettext_lazy("Request")
    WITHDRAW = "match.withdraw", gettext_lazy("Withdraw")
    APPROVE = "match.approve", gettext_lazy("Approve")
    REJECT = "match.reject", gettext_lazy("Reject")
    GRANT = "consent.grant", gettext_lazy("Grant")
    REFUSE = "consent.refuse", gettext_lazy("Refuse")
    END = "agreement.end", gettext_lazy("End early")
    RENEW = "agreement.renew", gettext_lazy("Ask for renewal")
    JOIN = "cobuild.join", gettext_lazy("Join")
    DECLINE = "cobuild.decline", gettext_lazy("Decline")
    LEAVE = "cobuild.withdraw", gettext_lazy("Withdraw the joining")
    FINISH = "cobuild.close", gettext_lazy("Close")


class Side(models.TextChoices):
    PARTY = "party", gettext_lazy("the demanding party")
    OWNER = "owner", gettext_lazy("the owner asked")
    EITHER = "either", gettext_lazy("the demanding party or an owner")
    MEMBER = "member", gettext_lazy("a party of the group")
    REGULATOR = "regulator", gettext_lazy("a regulator of all the regions concerned that takes no part itself")


@dataclass(frozen=True)
class Rule:
    """console: whether the registry itself may do it too."""

    side: Side
    role: Role
    states: tuple[str, ...]
    console: bool = False


DRAFT, SUBMITTED, MATCHED = ListStatus.DRAFT, ListStatus.SUBMITTED, ListStatus.MATCHED

RULES: dict[Verb, Rule] = {
    Verb.CREATE: Rule(Side.PARTY, Role.EDITOR, (DRAFT,), console=True),
    Verb.EDIT: Rule(Side.PARTY, Role.EDITOR, (DRAFT,), console=True),
    Verb.SUBMIT: Rule(Side.PARTY, Role.EDITOR, (DRAFT,), console=True),
    Verb.REMATCH: Rule(Side.PARTY, Role.EDITOR, (SUBMITTED, MATCHED), console=True),
    Verb.REOPEN: Rule(Side.PARTY, Role.EDITOR, (SUBMITTED, MATCHED)),
    Verb.CLOSE: Rule(Side.PARTY, Role.EDITOR, (DRAFT, SUBMITTED, MATCHED)),
    Verb.REQUEST: Rule(Side.PARTY, Role.MANAGER, (MatchStatus.PROPOSED,)),
    Verb.WITHDRAW: Rule(Side.PARTY, Role.MANAGER, (MatchStatus.REQUESTED, MatchStatus.CONSENTED)),
    Verb.GRANT: Rule(Side.OWNER, Role.MANAGER, (ConsentStatus.PENDING,)),
    Verb.REFUSE: Rule(Side.OWNER, Role.MANAGER, (ConsentStatus.PENDING,)),
    Verb.APPROVE: Rule(Side.REGULATOR, Role.MANAGER, (MatchStatus.CONSENTED,)),
    Verb.REJECT: Rule(Side.REGULATOR, Role.MANAGER, (MatchStatus.CONSENTED,)),
    Verb.END: Rule(Side.EITHER, Role.MANAGER, IN_FORCE),
    Verb.RENEW: Rule(Side.PARTY, Role.MANAGER, IN_FORCE),
    Verb.JOIN: Rule(Side.MEMBER, Role.MANAGER, (CobuildStatus.OPEN,)),
    Verb.DECLINE: Rule(Side.MEMBER, Role.MANAGER, (CobuildStatus.OPEN,)),
    Verb.LEAVE: Rule(Side.MEMBER, Role.MANAGER, (CobuildStatus.OPEN,)),
    Verb.FINISH: Rule(Side.MEMBER, Role.MANAGER, (CobuildStatus.AGREED,)),
}
# Which answers of a member a verb of co-build groups changes.
ANSWERS: dict[Verb, tuple[CobuildAnswer, ...]] = {
    Verb.JOIN: (CobuildAnswer.PENDING,),
    Verb.DECLINE: (CobuildAnswer.PENDING, CobuildAnswer.JOINED),
    Verb.LEAVE: (CobuildAnswer.JOINED,),
    Verb.FINISH: (CobuildAnswer.JOINED,),
}

Subject = DemandList | Match | Consent | Agreement | CobuildGroup
NOUNS: dict[str, type[Subject]] = {
    "list": DemandList,
    "match": Match,
    "consent": Consent,
    "agreement": Agreement,
    "cobuild": CobuildGroup,
}
# What a rule reads of a match; prefetch it where many matches are asked about.
MATCH_FACTS = ("legs__asset__region", "consents", "approvals", "demand__list")


@dataclass(frozen=True)
class Standing:
    """What a person is to the parties: read once, then asked about any number of objects."""

    user: User
    memberships: Sequence[Membership]

    @classmethod
    def of(cls, user: User) -> Self:
        if not user.is_active:
            return cls(user, ())
        memberships = Membership.objects.filter(user_id=user.pk).order_by("organization_id")
        return cls(user, tuple(memberships.select_related("organization__regulates")))

    @cached_property
    def organizations(self) -> frozenset[int]:
        return frozenset(membership.organization_id for membership in self.memberships)

    def can(self, role: Role, organizations: Iterable[int]) -> bool:
        """Whether this person can do what `role` can in one of `organizations`."""
        enough, wanted = Role.at_least(role), frozenset(organizations)
        return any(m.organization_id in wanted and m.role in enough for m in self.memberships)

    def regulates(self, regions: Sequence[Region], role: Role) -> Membership | None:
        """The membership in the nearest regulator that covers all of `regions`, if there is one."""
        enough, wanted = Role.at_least(role), regions
        nearest, covering = 0, None
        for membership in self.memberships:
            region = membership.organization.regulates
            if region is None or membership.role not in enough or not wanted or not all(map(region.covers, wanted)):
                continue
            if len(region.prefix) > nearest:
                nearest, covering = len(region.prefix), membership
        return covering


def guard(verb: Verb, subject: Subject, actor: User | None) -> None:
    """Raises the refusal that `verb` meets: NotSeen, NotYours or WrongState."""
    refusal: Refusal | None
    if actor is None:
        refusal = _out_of_state(verb, subject) if RULES[verb].console else NotYours(_("Only a person may do this."))
    else:
        refusal = why_not(verb, subject, Standing.of(actor))
        if isinstance(refusal, NotYours) and not sees(actor, subject):
            raise not_seen()
    if refusal:
        raise refusal


def not_seen() -> NotSeen:
    return NotSeen(_("There is no such object."))


def sees(actor: User, subject: Subject) -> bool:
    """Whether `actor` may know of `subject` at all."""
    return type(subject).objects.visible_to(actor).filter(pk=subject.pk).exists()


def open_verbs(subject: Subject, standing: Standing) -> list[Verb]:
    """The verbs open on `subject`, in the order of the table: for buttons, and for the API's list of actions.

    Asks the database nothing for matches with MATCH_FACTS prefetched.
    """
    verbs = [verb for verb in RULES if verb is not Verb.CREATE and NOUNS[verb.partition(".")[0]] is type(subject)]
    return [verb for verb in verbs if why_not(verb, subject, standing) is None]


def why_not(verb: Verb, subject: Subject, standing: Standing) -> Refusal | None:
    """The refusal that `verb` meets, NotYours or WrongState, or None where it is open."""
    rule = RULES[verb]
    if not _on_side(rule, subject, standing):
        return NotYours(
            _("This is for %(side)s, by a member who is at least %(role)s.")
            % {"side": rule.side.label, "role": short(rule.role.label)}
        )
    if rule.side is Side.REGULATOR and isinstance(subject, Match) and standing.user.pk in dealt(subject):
        return NotYours(
            _("You asked for this match, or answered for an owner of it: it is for somebody else of the regulator.")
        )
    if isinstance(subject, CobuildGroup):
        return _out_of_state(verb, subject) or _answered(verb, subject, standing)
    return _out_of_state(verb, subject) or _already_signed(verb, subject, standing)


def may_decide(match: Match, standing: Standing) -> bool:
    """Whether the decision on a match is open to this person, whether they have approved it already or not."""
    return why_not(Verb.REJECT, match, standing) is None


def answering(verb: Verb, group: CobuildGroup, standing: Standing) -> list[CobuildMember]:
    """The members of a group for which this person can carry `verb` out."""
    return [
        member
        for member in group.members.all()
        if member.answer in ANSWERS[verb] and standing.can(RULES[verb].role, [member.party_id])
    ]


def parties(match: Match) -> set[int]:
    """The ids of the organizations that take part in a match: the demanding one and the owners."""
    return {match.demand.list.party_id, *owners(match)}


def dealt(match: Match) -> set[int | None]:
    """The ids of the people who asked for a match or answered for its owners, whatever they belong to now."""
    return {who for consent in match.consents.all() for who in (consent.asked_by_id, consent.answered_by_id)}


def acted_for(actor: User, match: Match) -> Organization | None:
    """The side of a match that `actor` manages: the demanding party's, else the first owner's."""
    party_id = match.demand.list.party_id
    managed = [
        m.organization
        for m in Standing.of(actor).memberships
        if m.organization_id in parties(match) and m.role in Role.at_least(Role.MANAGER)
    ]
    return min(managed, key=lambda organization: (organization.pk != party_id, organization.pk), default=None)


def owners(match: Match) -> set[int]:
    return {leg.asset.owner_id for leg in match.legs.all() if leg.asset}


def regions(match: Match) -> list[Region]:
    """The regions that the assets of a match lie in."""
    return list({leg.asset.region_id: leg.asset.region for leg in match.legs.all() if leg.asset}.values())


def is_core(match: Match) -> bool:
    """Whether an asset of the highest protection takes part, so that two persons must approve."""
    return any(leg.asset.protection == Protection.CORE for leg in match.legs.all() if leg.asset)


def _on_side(rule: Rule, subject: Subject, standing: Standing) -> bool:
    match subject:
        case DemandList():
            return standing.can(rule.role, [subject.party_id])
        case Consent():
            return standing.can(rule.role, [subject.owner_id])
        case CobuildGroup():
            return standing.can(rule.role, [member.party_id for member in subject.members.all()])
        case Agreement():
            return _on_side_of_match(rule, subject.match, standing)
        case _:
            return _on_side_of_match(rule, subject, standing)


def _on_side_of_match(rule: Rule, match: Match, standing: Standing) -> bool:
    if rule.side is Side.PARTY:
        return standing.can(rule.role, [match.demand.list.party_id])
    taking_part = parties(match)
    if rule.side is Side.EITHER:
        return standing.can(rule.role, taking_part)
    # Nobody approves a match in which an organization of their own takes part, whichever they act for.
    return standing.regulates(regions(match), rule.role) is not None and not taking_part & standing.organizations


def _out_of_state(verb: Verb, subject: Subject) -> WrongState | None:
    holder = subject.match if isinstance(subject, Agreement) else subject
    if holder.status in RULES[verb].states:
        return _out_of_season(verb, subject)
    return WrongState(
        _("“%(verb)s” is not possible here: the status is “%(status)s”.")
        % {"verb": verb.label, "status": holder.get_status_display()}
    )


def _out_of_season(verb: Verb, subject: Subject) -> WrongState | None:
    """A proposal is for as long as its list is matched, neither a draft again nor closed, and its period not over."""
    if verb is not Verb.REQUEST or not isinstance(subject, Match):
        return None
    if subject.demand.list.status != ListStatus.MATCHED:
        return WrongState(_("The list is not matched; its proposals cannot be requested."))
    return WrongState(_("The period is over.")) if subject.is_over else None


def _answered(verb: Verb, group: CobuildGroup, standing: Standing) -> WrongState | None:
    if answering(verb, group, standing):
        return None
    if verb is Verb.JOIN:
        return WrongState(_("Your party has joined already."))
    return WrongState(_("Your party has not joined."))


def _already_signed(verb: Verb, subject: Subject, standing: Standing) -> WrongState | None:
    if verb is not Verb.APPROVE or not isinstance(subject, Match):
        return None
    signed = {a.decided_by_id for a in subject.approvals.all() if a.decision == Decision.APPROVED}
    if standing.user.pk not in signed:
        return None
    return WrongState(_("You have approved this already; a core asset needs the approval of a second person."))
