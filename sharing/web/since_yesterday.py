"""What changed since yesterday morning of what a person may know: events by type, and the catalog, members and grants
by what was done to them, each with the way to its lines in the audit."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Case, CharField, Count, F, Sum, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.models import Act, Change, Noun, User
from registry.models.change import OF_ASSETS
from sharing.models import Event, EventType
from sharing.monitoring.audit import Trail
from sharing.monitoring.kept import kept
from sharing.monitoring.scope import begins

KEPT_S = 300
"""How long it is kept where there is so much of it that counting takes long."""


@dataclass(frozen=True)
class Row:
    """How often something happened, and where each time stands."""

    count: int
    text: str
    url: str


def since_yesterday(user: User) -> list[Row]:
    """The order of the chain, then what was done to the catalog; two queries, however much."""
    day = timezone.localdate() - timedelta(days=1)
    rights = repr((user.is_superuser, sorted(user.roles.items()), sorted(user.regulated), sorted(user.granted)))
    key = f"kept:since:{day}:{hashlib.sha256(rights.encode()).hexdigest()}"
    (events, changes), _at = kept(key, lambda: (_events(user, day), _changes(user, day)), KEPT_S)
    words = {Act.INSERT: _("%(what)s: listed"), Act.UPDATE: _("%(what)s: changed"), Act.DELETE: _("%(what)s: removed")}
    return [
        *(
            Row(events[kind.value], str(kind.label), _audit(Trail.EVENTS, day, kind.value))
            for kind in EventType
            if kind.value in events
        ),
        *(
            Row(
                changes[noun.value, act.value], capfirst(words[act] % {"what": noun.label}), _audit(Trail.CHANGES, day)
            )
            for noun in Noun
            for act in words
            if (noun.value, act.value) in changes
        ),
    ]


def _events(user: User, day: date) -> dict[str, int]:
    """By type."""
    seen = Event.objects.visible_to(user).filter(occurred_at__gte=begins(day)).order_by()
    return dict(seen.values_list("type").annotate(Count("pk")))


def _changes(user: User, day: date) -> dict[tuple[str, str], int]:
    """By noun and act. An asset and its details are one, however often it was changed; a line may be of many that were
    listed."""
    seen = Change.objects.visible_to(user).filter(changed_at__gte=begins(day)).order_by()
    of_asset = When(noun__in=OF_ASSETS, then=Value(Noun.ASSET.value))
    counted = (
        seen.annotate(what=Case(of_asset, default=F("noun"), output_field=CharField()))
        .values_list("what", "act")
        .annotate(made=Sum(Coalesce("listed", 1)), changed=Count("row", distinct=True))
    )
    return {(what, act): made if act == Act.INSERT else changed for what, act, made, changed in counted}


def _audit(of: Trail, day: date, text: str = "") -> str:
    return f"{reverse('web:audit')}?{urlencode({'of': of.value, 'start': day.isoformat(), 'text': text})}"
