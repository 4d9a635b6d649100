"""What a person may know of matches. Of a core asset others learn only that an owner is asked, so an owner's name is
told to those who may know of one of its assets in the match, and to its own people, and so is what it wrote, which
may name it; of a restricted one they learn the grid cell and no length, which would tell where it is. Who does what in
a co-build group is told to those who may see that member of it. Owners whom a line asks see the line alone:
the title of its list is told to those who see the list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import Promise

from registry.models import Asset, Organization, User
from sharing.models import (
    Agreement,
    CloseReason,
    CobuildMember,
    Consent,
    Demand,
    DemandList,
    Event,
    EventType,
    Match,
    MatchLeg,
    Notification,
    RefusalReason,
    RejectionReason,
    WebhookEndpoint,
)
from sharing.models.webhook_endpoint import DisabledReason

# Of events: reasons that are codes, which stand for no words of a person.
REASONS: Mapping[str, str | Promise] = {
    **dict(RefusalReason.choices),
    **dict(RejectionReason.choices),
    **dict(DisabledReason.choices),
    **dict(CloseReason.choices),
}


@dataclass(frozen=True)
class Seen:
    """What a person may know of the assets and the owners of some matches; two queries, however many.

    assets: by id those they may know of, each with the `place` they may know and `place_is_exact`. named: the ids of
    the consents whose owner they may read. gaps: the ids of those gaps that end at an asset they may not know of, and
    would tell where it is.
    """

    assets: dict[int, Any]
    named: frozenset[int]
    gaps: frozenset[int]

    @classmethod
    def of(cls, matches: Sequence[Match], user: User) -> "Seen":
        ids = {leg.asset_id for match in matches for leg in match.legs.all() if leg.asset_id}
        rows: Any = Asset.objects.visible_to(user).with_place_for(user).filter(pk__in=ids)
        shown = rows.defer("geometry", "masked_geometry").select_related("owner")
        named = consents_naming_owner(user).filter(match__in=[match.pk for match in matches])
        assets = {asset.pk: asset for asset in shown}
        gaps = (gap for match in matches for gap in _gaps_beside_unknown(match, assets))
        return cls(assets, frozenset(named.values_list("pk", flat=True)), frozenset(gaps))

    def asset(self, leg: MatchLeg) -> Any:
        """The asset of a leg; None for a gap, and for an asset that the person may not know of."""
        return self.assets.get(leg.asset_id or 0)

    def knows(self, leg: MatchLeg) -> bool:
        """Whether the person may know of its asset, or where it is to be built."""
        return leg.pk not in self.gaps if leg.is_gap else self.asset(leg) is not None

    def place(self, leg: MatchLeg) -> Any:
        """Where a leg is, as far as the person may know; None for one that they may not know of."""
        if not self.knows(leg):
            return None
        return leg.geometry if leg.is_gap else self.asset(leg).place

    def is_exact(self, leg: MatchLeg) -> bool:
        """Whether that is its true place."""
        return self.knows(leg) and bool(leg.is_gap or self.asset(leg).place_is_exact)

    def leg_length_m(self, leg: MatchLeg) -> float | None:
        return leg.length_m if self.is_exact(leg) else None

    def terrain(self, leg: MatchLeg) -> dict[str, float]:
        """What a gap is built through, metres by class, where its place is told."""
        return leg.terrain if self.is_exact(leg) else {}

    def leg_cost(self, leg: MatchLeg) -> Decimal | None:
        """A year. Of an asset that the person may not know of and the gaps beside it only the sum is told, within that
        of the match: a gap costs so much a metre."""
        return leg.cost_per_year if self.knows(leg) else None

    def length_m(self, match: Match) -> float | None:
        """The length of a route, where all its places are told."""
        return match.length_m if all(map(self.is_exact, match.legs.all())) else None

    def consents(self, match: Match) -> list[Consent]:
        """Those whose owner the person may read."""
        return [consent for consent in match.consents.all() if consent.pk in self.named]

    def hidden_consents(self, match: Match) -> int:
        return sum(consent.pk not in self.named for consent in match.consents.all())


def _gaps_beside_unknown(match: Match, assets: Collection[int]) -> Iterator[int]:
    legs = list(match.legs.all())
    unknown = [leg.asset_id is not None and leg.asset_id not in assets for leg in legs]
    for number, leg in enumerate(legs):
        if leg.is_gap and any(unknown[max(number - 1, 0) : number + 2]):
            yield leg.pk


def sees_list(user: User, path: str) -> Exists:
    """Whether `user` sees the list at `path`."""
    return Exists(DemandList.objects.visible_to(user).filter(pk=OuterRef(path)))


def list_title(user: User, path: str) -> Case:
    """The title of the list at `path`, where `user` sees that: to show, and to search by."""
    return Case(When(sees_list(user, path), then=F(f"{path}__title")))


def list_of(demand: Demand, user: User) -> DemandList | None:
    """The list of a line, where `user` sees that."""
    return DemandList.objects.visible_to(user).filter(pk=demand.list_id).first()


def consents_naming_owner(user: User) -> QuerySet[Consent]:
    """The consents in sight of `user` whose owner they may read."""
    rows = Consent.objects.visible_to(user)
    if user.is_superuser:
        return rows
    seen = MatchLeg.objects.filter(
        match=OuterRef("match"), asset__owner=OuterRef("owner"), asset__in=Asset.objects.visible_to(user)
    )
    return rows.filter(Q(owner__in=user.roles) | Exists(seen))


def _owner_is_named(user: User) -> Exists:
    """Whether a consent is one of those. Asked of the row at hand: the ids of all in sight are millions."""
    return Exists(consents_naming_owner(user).order_by().filter(pk=OuterRef("pk")))


def legs_naming_owner(user: User, code: str) -> QuerySet[MatchLeg]:
    """The legs on those assets of an owner that `user` may know of."""
    return MatchLeg.objects.filter(asset__owner__code=code, asset__in=Asset.objects.visible_to(user))


def hides_owner(event: Event, person: User) -> bool:
    """Whether telling who acted in `event`, or who is asked by it, would name an owner or a party of a co-build group
    that `person` may not know of."""
    if event.cobuild_group_id:
        return _hides_member(event, CobuildMember.objects.visible_to(person))
    return _about(event).exclude(_owner_is_named(person)).exists()


def hides_owner_from(event: Event, organization: Organization) -> bool:
    """The same for what is told to an organization, and so to any of its members and systems."""
    if event.cobuild_group_id:
        return _hides_member(event, CobuildMember.objects.known_to(organization))
    known = Asset.objects.known_to(organization)
    seen = MatchLeg.objects.filter(match=OuterRef("match"), asset__owner=OuterRef("owner"), asset__in=known)
    return _about(event).exclude(owner=organization).exclude(Exists(seen)).exists()


def _hides_member(event: Event, seen: QuerySet[CobuildMember]) -> bool:
    acted = seen.filter(group=event.cobuild_group_id, party=event.organization_id)
    return event.organization_id is not None and not acted.exists()


def _is_there(rows: QuerySet[Any]) -> Coalesce:
    """Whether one of `rows` belongs to the row at hand. For an Exists PostgreSQL may make all of them for one page,
    since it reckons with the rows that there are before the page is cut."""
    return Coalesce(Subquery(rows.order_by().values(there=Value(True))[:1]), Value(False))


def _about(event: Event) -> QuerySet[Consent]:
    """Of the owner who acted in `event`, or who is asked by it."""
    return Consent.objects.filter(Q(owner=event.organization_id) | Q(pk=event.consent_id), match=event.match_id)


def read_by(notifications: QuerySet[Notification], user: User) -> QuerySet[Any]:
    """Each with `hides_owner`, as above, and `opens`: whether the person may still see what the event is about."""
    about = Consent.objects.filter(
        Q(owner=OuterRef("event__organization")) | Q(pk=OuterRef("event__consent")), match=OuterRef("event__match")
    )
    hidden = about.exclude(_owner_is_named(user))
    seen = Event.objects.visible_to(user).filter(pk=OuterRef("event"))
    # An endpoint may be deleted, and its history stays.
    rows: Any = notifications.annotate(endpoint=Cast(KeyTextTransform("endpoint", "event__data"), BigIntegerField()))
    there = Q(endpoint=None) | Exists(WebhookEndpoint.objects.visible_to(user).filter(pk=OuterRef("endpoint")))
    member = CobuildMember.objects.visible_to(user).filter(
        group=OuterRef("event__cobuild_group"), party=OuterRef("event__organization")
    )
    guarded = Q(event__cobuild_group__isnull=False, event__organization__isnull=False) & ~Exists(member)
    read: QuerySet[Any] = rows.annotate(
        hides_owner=ExpressionWrapper(Exists(hidden) | guarded, BooleanField()), opens=Q(_is_there(seen)) & there
    )
    return read


def with_why_ended(agreements: QuerySet[Agreement], user: User) -> QuerySet[Any]:
    """Each with `why_ended`: the reason, where `user` may know who ended it."""
    hidden = Consent.objects.filter(match=OuterRef("match"), owner=OuterRef("organization")).exclude(
        _owner_is_named(user)
    )
    ended = Event.objects.filter(
        Exists(hidden),
        agreement=OuterRef("pk"),
        type__in=(EventType.AGREEMENT_ENDING, EventType.AGREEMENT_ENDED),
        actor__isnull=False,
    )
    untold = When(Q(end_reason="") | Exists(ended), then=Value(""))
    told: QuerySet[Any] = agreements.annotate(why_ended=Case(untold, default=F("end_reason")))
    return told


def events(user: User) -> QuerySet[Event]:
    """The events in sight of `user`, each with what `author` needs to know."""
    asked = Consent.objects.filter(match=OuterRef("match"), owner=OuterRef("organization"))
    named = consents_naming_owner(user).filter(match=OuterRef("match"), owner=OuterRef("organization"))
    member = CobuildMember.objects.visible_to(user).filter(
        group=OuterRef("cobuild_group"), party=OuterRef("organization")
    )
    guarded = _is_there(asked) | Q(cobuild_group__isnull=False, organization__isnull=False)
    rows: Any = Event.objects.visible_to(user).annotate(
        asks_owner=ExpressionWrapper(guarded, BooleanField()), names_owner=_is_there(named) | _is_there(member)
    )
    with_names: QuerySet[Event] = rows.select_related("actor", "organization")
    return with_names


def names_author(event: Any) -> bool:
    """Whether who acted in one of `events` may be told."""
    return bool(event.names_owner or not event.asks_owner)


def author(event: Any) -> str:
    """Who acted, for whom: the person's name is told with that of the organization, or not at all."""
    if not names_author(event):
        return ""
    return " · ".join(str(one) for one in (event.actor, event.organization) if one)


def told(event: Any) -> dict[str, Any]:
    """What one of `events` recorded, as far as its reader may know."""
    data = event.data if isinstance(event.data, dict) else {}
    return data if names_author(event) else without_words(data)


def without_words(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an event recorded, but for what whoever acted wrote: of reasons the codes alone."""
    return {
        name: value
        for name, value in data.items()
        if name not in ("conditions", "reason_text") and (name != "reason" or value in REASONS)
    }
