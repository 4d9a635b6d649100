"""Whose names a person may read. Of a core asset others learn only that an owner is asked, so an owner's name is told
to those who may know of one of its assets in the match, and to its own people."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from registry.models import Asset, Membership, User
from sharing.models import Consent, Event, MatchLeg


def consents_naming_owner(user: User) -> QuerySet[Consent]:
    """The consents in sight of `user` whose owner they may read."""
    rows = Consent.objects.visible_to(user)
    if user.is_superuser:
        return rows
    seen = MatchLeg.objects.filter(
        match=OuterRef("match"), asset__owner=OuterRef("owner"), asset__in=Asset.objects.visible_to(user)
    )
    own = Membership.objects.filter(user=user).values("organization")
    return rows.filter(Q(owner__in=own) | Exists(seen))


def hides_owner(event: Event, person: User) -> bool:
    """Whether telling who acted in `event`, or who is asked by it, would name an owner `person` may not know of."""
    about = Consent.objects.filter(Q(owner=event.organization_id) | Q(pk=event.consent_id), match=event.match_id)
    return about.exclude(pk__in=consents_naming_owner(person).order_by().values("pk")).exists()


def events(user: User) -> QuerySet[Event]:
    """The events in sight of `user`, each with what `author` needs to know."""
    asked = Consent.objects.filter(match=OuterRef("match"), owner=OuterRef("organization"))
    named = consents_naming_owner(user).filter(match=OuterRef("match"), owner=OuterRef("organization"))
    rows: Any = Event.objects.visible_to(user).annotate(asks_owner=Exists(asked), names_owner=Exists(named))
    with_names: QuerySet[Event] = rows.select_related("actor", "organization")
    return with_names


def author(event: Any) -> str:
    """Who acted, for whom: the person's name is told with that of the organization, or not at all."""
    if event.asks_owner and not event.names_owner:
        return ""
    return " · ".join(str(one) for one in (event.actor, event.organization) if one)
