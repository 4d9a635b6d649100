"""Search over everything: each noun by its code, name or number, as far as a person may see it, on trigram indexes.

One query a noun. Of a text of two characters (a Chinese word often has no more) what begins with it is found; from
three on, what holds it anywhere. A trigram index cannot serve less; a single digit finds what has it as its number, by
the primary key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import search
from registry.kinds import short
from registry.models import Asset, Organization, PlannedFacility, User
from sharing.models import Agreement, CobuildGroup, Demand, DemandList, Match
from sharing.pages import page
from sharing.seen import list_title

SHORTEST = 2
# So many are looked at to show the best few: what is exactly so called, then what begins so.
LOOKED_AT = 50


@dataclass(frozen=True)
class Hit:
    """A row found: what it is called, what tells it from others, and its page."""

    name: str
    hint: str
    url: str
    pk: int


@dataclass(frozen=True)
class Noun:
    """How one noun is found. rows: those that the person may see; named: columns that its text is looked for in;
    numbered: whether a number finds it by its id; hit: name and hint of a row; key: the column that its page's address
    has."""

    code: str
    title: str | Promise
    rows: Callable[[User], QuerySet[Any]]
    named: tuple[str, ...]
    hit: Callable[[Any], tuple[str, str]]
    numbered: bool = False
    key: str = "pk"

    def found(self, user: User, text: str) -> QuerySet[Any]:
        """The rows that hold `text`, in no order."""
        if len(text) < SHORTEST:
            return self.rows(user).filter(pk=int(text)) if self.numbered else self.rows(user).none()
        lookup = "ilike" if len(text) > SHORTEST else "ibegins"
        where = Q()
        for column in self.named:
            where |= Q(**{f"{column}__{lookup}": text})
        if self.numbered and search.is_id(text):
            where |= Q(pk=int(text))
        return self.rows(user).filter(where)

    def best(self, user: User, text: str, most: int) -> list[Hit]:
        """The best `most` of the first that are found."""
        rows = list(self.found(user, text)[:LOOKED_AT])
        return self.shown(sorted(rows, key=lambda row: self._rank(row, text.casefold()))[:most])

    def shown(self, rows: Sequence[Any]) -> list[Hit]:
        return [Hit(*self.hit(row), page(self.code, getattr(row, self.key)), row.pk) for row in rows]

    def _rank(self, row: Any, text: str) -> tuple[int, int, int]:
        values = [str(_value(row, column)).casefold() for column in self.named]
        if self.numbered:
            values.append(str(row.pk))
        kind = 0 if text in values else 1 if any(value.startswith(text) for value in values) else 2
        return kind, min(map(len, filter(None, values)), default=0), row.pk


@dataclass(frozen=True)
class Group:
    """The best hits of one noun; more: whether there are others."""

    noun: Noun
    hits: Sequence[Hit]
    more: bool


def is_enough(text: str) -> bool:
    """Whether there is something to look for: a number may have one digit."""
    return len(text) >= SHORTEST or search.is_id(text)


def everything(user: User, text: str, most: int) -> list[Group]:
    """What of each noun is found, nouns without any left out. A text too short finds nothing."""
    wanted = text.strip()
    if not is_enough(wanted):
        return []
    groups = []
    for noun in NOUNS if len(wanted) >= SHORTEST else NUMBERED:
        hits = noun.best(user, wanted, most + 1)
        if hits:
            groups.append(Group(noun, hits[:most], len(hits) > most))
    return groups


def _value(row: Any, column: str) -> Any:
    """Nothing where what the column is of is missing."""
    for part in column.split("__"):
        row = getattr(row, part, "")
    return row


def _assets(user: User) -> QuerySet[Any]:
    return Asset.objects.visible_to(user).select_related("owner").defer("geometry", "masked_geometry").order_by()


def _facilities(user: User) -> QuerySet[Any]:
    return PlannedFacility.objects.visible_to(user).select_related("owner").defer("geometry").order_by()


def _demands(user: User) -> QuerySet[Any]:
    return Demand.objects.visible_to(user).annotate(list_title=list_title(user, "list")).order_by()


def _matches(user: User) -> QuerySet[Any]:
    return Match.objects.visible_to(user).select_related("demand").order_by()


def _groups(user: User) -> QuerySet[Any]:
    rows = CobuildGroup.objects.visible_to(user).select_related("planned_facility", "region")
    return rows.defer("geometry", "masked_geometry", "planned_facility__geometry").order_by()


def _agreements(user: User) -> QuerySet[Any]:
    return Agreement.objects.visible_to(user).select_related("match__demand").order_by()


def _about(group: CobuildGroup) -> str:
    told = (short(group.get_kind_display()), group.planned_facility, group.region)
    return " · ".join(str(one) for one in told if one)


NOUNS: tuple[Noun, ...] = (
    Noun(
        "asset",
        gettext_lazy("Assets"),
        _assets,
        ("code", "name"),
        lambda asset: (str(asset), f"{short(asset.get_kind_display())} · {asset.owner}"),
    ),
    Noun(
        "plannedfacility",
        gettext_lazy("Planned facilities"),
        _facilities,
        ("code", "name"),
        lambda facility: (str(facility), f"{facility.get_facility_type_display()} · {facility.owner}"),
    ),
    Noun(
        "organization",
        gettext_lazy("Organizations"),
        lambda user: Organization.objects.visible_to(user).order_by(),
        ("code", "name"),
        lambda organization: (str(organization), organization.get_sector_display()),
        key="code",
    ),
    Noun(
        "demandlist",
        gettext_lazy("Demand lists"),
        lambda user: DemandList.objects.visible_to(user).select_related("party").order_by(),
        ("title",),
        lambda found: (str(found), f"{found.party} · {found.get_status_display()}"),
    ),
    Noun(
        "demand",
        gettext_lazy("Demands"),
        _demands,
        ("name",),
        lambda demand: (str(demand), " · ".join(filter(None, (short(demand.get_kind_display()), demand.list_title)))),
    ),
    Noun(
        "match",
        gettext_lazy("Matches"),
        _matches,
        ("demand__name",),
        lambda match: (
            _("Match %(number)d: %(demand)s") % {"number": match.pk, "demand": match.demand},
            match.get_status_display(),
        ),
        numbered=True,
    ),
    Noun(
        "agreement",
        gettext_lazy("Agreements"),
        _agreements,
        ("number", "match__demand__name"),
        lambda agreement: (agreement.number, str(agreement.match.demand)),
    ),
    Noun(
        "cobuildgroup",
        gettext_lazy("Co-build groups"),
        _groups,
        ("planned_facility__code", "planned_facility__name"),
        lambda group: (str(group), _about(group)),
        numbered=True,
    ),
)
NUMBERED = tuple(noun for noun in NOUNS if noun.numbered)
