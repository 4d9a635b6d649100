"""The ledger of an asset before and after a match: which units who holds when, what is free, what loads add up to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import capacity
from registry.days import later
from registry.kinds import LOADS
from registry.models import Allocation, Asset, User
from registry.tags import days, numbers
from sharing import words
from sharing.models import Match, MatchLeg, MatchStatus

# How far an endless period is drawn.
DRAWN_DAYS = 3 * 365

LOAD_NAMES: dict[str, str | Promise] = {
    "weight_kg": gettext_lazy("weight, kg"),
    "wind_area_m2": gettext_lazy("wind area, m²"),
    "power_kw": gettext_lazy("power, kW"),
}
LOAD_UNITS = {"weight_kg": "kg", "wind_area_m2": "m²", "power_kw": "kW"}


@dataclass(frozen=True)
class Line:
    """Units [first, after) over [start, end), end None for without end. purpose: its code, "new" for this match's."""

    first: int
    after: int
    start: date
    end: date | None
    holder: str
    purpose: str
    purpose_name: str
    loads: dict[str, Decimal]

    def meets(self, start: date, end: date | None) -> bool:
        return (end is None or self.start < end) and (self.end is None or start < self.end)

    @property
    def shown_units(self) -> str:
        return numbers(NumericRange(self.first, self.after))

    @property
    def shown_period(self) -> str:
        return days(DateRange(self.start, self.end))


@dataclass(frozen=True)
class LoadChange:
    """A summed load: its limit and its highest sum on any day of the period, before and after."""

    name: str | Promise
    limit: Decimal | None
    before: Decimal
    after: Decimal

    @property
    def shown(self) -> str:
        """Before, after and limit in words."""
        change = f"{words.number(self.before)} → {words.number(self.after)}"
        if self.limit is None:
            return _("%(change)s (no limit)") % {"change": change}
        return _("%(change)s of %(limit)s") % {"change": change, "limit": words.number(self.limit)}


@dataclass(frozen=True)
class LedgerChange:
    """One asset's ledger in the period of a match, and a little before and after. others: the lines of all else; new:
    those of the match."""

    asset: Asset
    position: int
    period: DateRange
    others: Sequence[Line]
    new: Sequence[Line]
    predicted: bool

    @property
    def window(self) -> tuple[date, date]:
        return window_of(self.period)

    @property
    def rows(self) -> list[Line]:
        """All lines, by units and time."""
        return sorted([*self.others, *self.new], key=lambda line: (line.first, line.start))

    @property
    def free_before(self) -> int:
        return self.asset.capacity - taken(self.others, self.period)

    @property
    def free_after(self) -> int:
        return self.asset.capacity - taken([*self.others, *self.new], self.period)

    @property
    def loads(self) -> list[LoadChange]:
        return [
            LoadChange(
                LOAD_NAMES[load],
                getattr(self.asset, load),
                peak(self.others, load, self.period),
                peak([*self.others, *self.new], load, self.period),
            )
            for load in self.asset.facts.loads
        ]


def taken(lines: Iterable[Line], period: DateRange) -> int:
    """How many units any of `lines` touches in `period`."""
    count, reached = 0, 0
    for line in sorted(lines, key=lambda line: line.first):
        if line.meets(period.lower, period.upper) and line.after > reached:
            count += line.after - max(line.first, reached)
            reached = line.after
    return count


def peak(lines: Sequence[Line], load: str, period: DateRange) -> Decimal:
    """The highest sum of a load on any day of `period`. Sums rise only where a line begins."""
    met = [line for line in lines if line.meets(period.lower, period.upper)]
    days = {max(line.start, period.lower) for line in met}
    sums = (
        sum((line.loads[load] for line in met if line.meets(day, later(day, timedelta(days=1)))), Decimal())
        for day in days
    )
    return max(sums, default=Decimal())


def changes(match: Match, assets: dict[int, Asset], user: User) -> list[LedgerChange]:
    """For each of `assets` (those of the match that the person may see) the ledger before and after.

    Holders are named to those who may see their lines; others read that a party holds the units.
    """
    period = match.period
    start, end = window_of(period)
    shown = [leg for leg in match.holding_legs if leg.asset_id in assets]
    lines = _lines(assets, user)
    predicted = _predicted(match, shown, assets) if match.status == MatchStatus.PROPOSED else {}
    result = []
    for leg in shown:
        assert leg.asset_id is not None
        asset = assets[leg.asset_id]
        rows = lines.get(leg.asset_id, [])
        new = [line for reference, line in rows if reference == leg.reference]
        elsewhere = [line for reference, line in rows if reference != leg.reference]
        others = [line for line in elsewhere if line.meets(start, end) or line.meets(period.lower, period.upper)]
        result.append(LedgerChange(asset, leg.position, period, others, new or predicted.get(leg.pk, []), not new))
    return result


def window_of(period: DateRange) -> tuple[date, date]:
    """What is drawn of a ledger: the period and a tenth of it on either side."""
    start: date = period.lower
    end: date = period.upper or later(start, timedelta(days=DRAWN_DAYS))
    margin = max((end - start) // 10, timedelta(days=7))
    return start - margin, later(end, margin)


def _lines(assets: Iterable[int], user: User) -> dict[int, list[tuple[UUID | None, Line]]]:
    seen = Allocation.objects.visible_to(user).filter(pk=OuterRef("pk"))
    rows: Any = Allocation.objects.filter(asset__in=list(assets)).annotate(seen=Exists(seen))
    lines: dict[int, list[tuple[UUID | None, Line]]] = {}
    for row in rows.select_related("holder").order_by("asset_id", "units", "period"):
        line = Line(
            first=row.units.lower,
            after=row.units.upper,
            start=row.period.lower,
            end=row.period.upper,
            holder=str(row.holder) if row.seen else _("Another party"),
            purpose=row.purpose if row.seen else "taken",
            purpose_name=row.get_purpose_display() if row.seen else _("Taken"),
            loads={load: getattr(row, load) for load in LOADS},
        )
        lines.setdefault(row.asset_id, []).append((row.reference, line))
    return lines


def _predicted(match: Match, legs: Sequence[MatchLeg], assets: dict[int, Asset]) -> dict[int, list[Line]]:
    """The units that a request would take now, by leg; none where they do not suffice."""
    period = match.period
    runs = capacity.free_runs(assets, period.lower, period.upper)
    lines = {}
    for leg in legs:
        assert leg.asset_id is not None
        contiguous = assets[leg.asset_id].facts.contiguous
        chosen = capacity.choose_units(runs[leg.asset_id], leg.quantity, contiguous=contiguous)
        lines[leg.pk] = [
            Line(
                first=first,
                after=after,
                start=period.lower,
                end=period.upper,
                holder=str(match.demand.list.party),
                purpose="new",
                purpose_name=_("Would be held"),
                loads={load: getattr(leg, load) if place == 0 else Decimal() for load in LOADS},
            )
            for place, (first, after) in enumerate(chosen or [])
        ]
    return lines
