"""The ledger's verbs: the only writer of Allocation.

Every verb first locks its assets in the order of their ids (registry.cells: what comes before), under READ COMMITTED,
then reads what is free, then writes: concurrent callers queue and none deadlocks. What a verb gets wrong the database
refuses.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Func, IntegerField, QuerySet, Sum, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.cells import lock_cells
from registry.columns import write_rows
from registry.kinds import KINDS, LOADS
from registry.models import Allocation, Asset, Purpose
from registry.refusals import constraint_of, explained


class CapacityError(Exception):
    """The ledger cannot take a claim; the message says which asset, what was asked and what is free."""


class NotEnoughUnits(CapacityError):
    """Fewer units (or no long enough run of rack units) are free through the whole period."""


class LoadExceeded(CapacityError):
    """Weight, wind area or power would pass a limit on some day of the period."""


Run = tuple[int, int]


@dataclass(frozen=True)
class Claim:
    """Units of one asset that a party wants for a period.

    The period is [start, end), end None for without end. loads: by the names of registry.kinds.LOADS, for all units
    together. reference: what it serves, so that hold, grant and release name the same lines. prefer: the units that it
    is to get where they are all free, as something stands on them.
    """

    asset_id: int
    quantity: int
    start: date
    end: date | None
    holder_id: int
    reference: UUID | None = None
    loads: Mapping[str, Decimal] = field(default_factory=dict)
    prefer: Sequence[Run] = ()


NAMED = 5
WIDTH = Func("units", function="upper") - Func("units", function="lower")
COLUMNS = ("asset_id", "units", "period", *LOADS, "holder_id", "purpose", "held_until", "reference", "created_at")


@dataclass(frozen=True)
class OwnUse:
    """How many units of its own asset an owner uses from today on, without end."""

    asset_id: int
    quantity: int


def hold(claims: Sequence[Claim], *, until: datetime) -> int:
    """Takes the units of all `claims` or of none, until the deadline passes or they are granted.

    Returns how many lines of the ledger that is. Raises NotEnoughUnits or LoadExceeded, with nothing written.
    """
    return _take(claims, Purpose.HELD, until)


def allocate(claims: Sequence[Claim], *, purpose: Purpose) -> int:
    """Takes the units of all `claims` or of none for good: own use, the owner's reserve, or a grant.

    Returns how many lines of the ledger that is. Raises NotEnoughUnits or LoadExceeded, with nothing written.
    """
    return _take(claims, purpose, None)


@transaction.atomic
def set_own_use(uses: Sequence[OwnUse]) -> int:
    """Makes the owners' own use, from today on, what `uses` says, and leaves what agrees already as it is.

    Days gone by stay in the ledger. Returns how many assets changed. Raises NotEnoughUnits where others hold the
    units, with nothing written.
    """
    today = timezone.localdate()
    _lock(use.asset_id for use in uses)
    lines = Allocation.objects.filter(
        asset_id__in=[use.asset_id for use in uses], purpose=Purpose.OWN_USE, reference=None, period__upper_inf=True
    )
    used = dict(lines.values_list("asset_id").annotate(units=Sum(WIDTH, output_field=IntegerField())))
    changed = [use for use in uses if used.get(use.asset_id, 0) != use.quantity]
    outdated = lines.filter(asset_id__in=[use.asset_id for use in changed])
    if used:
        outdated.filter(period__startswith__gte=today).delete()
        outdated.update(period=_ending(today))
    owners = dict(Asset.objects.filter(pk__in=[use.asset_id for use in changed]).values_list("pk", "owner_id"))
    claims = [Claim(use.asset_id, use.quantity, today, None, owners[use.asset_id]) for use in changed if use.quantity]
    _take(claims, Purpose.OWN_USE, None)
    return len(changed)


@transaction.atomic
def grant(references: Iterable[UUID]) -> int:
    """Turns the holds that serve `references` into grants; returns how many units that is."""
    held = Allocation.objects.filter(reference__in=list(references), purpose=Purpose.HELD)
    _lock(held.values_list("asset_id", flat=True))
    units: int = held.aggregate(units=Sum(WIDTH, output_field=IntegerField(), default=0))["units"]
    held.update(purpose=Purpose.GRANTED, held_until=None)
    return units


@transaction.atomic
def extend(references: Iterable[UUID], *, until: datetime) -> int:
    """Moves the deadline of the holds that serve `references`."""
    held = Allocation.objects.filter(reference__in=list(references), purpose=Purpose.HELD)
    _lock(held.values_list("asset_id", flat=True))
    return held.update(held_until=until)


@transaction.atomic
def release(references: Iterable[UUID], *, from_day: date | None = None) -> int:
    """Frees what serves `references`, from `from_day` on (None: altogether, as if it had never been held).

    Days already used stay in the ledger. Returns how many lines were touched.
    """
    lines = Allocation.objects.filter(reference__in=list(references))
    if from_day is None:
        return strike(lines)
    _lock(lines.values_list("asset_id", flat=True))
    removed = lines.filter(period__startswith__gte=from_day).delete()[0]
    later = lines.filter(period__contains=from_day)
    return removed + later.update(period=_ending(from_day))


@transaction.atomic
def strike(lines: QuerySet[Allocation]) -> int:
    """Frees whole lines, as if they had never been held; returns how many."""
    _lock(lines.values_list("asset_id", flat=True))
    return lines.delete()[0]


@transaction.atomic
def forget(assets: QuerySet[Asset]) -> None:
    """Strikes the owners' own use of assets that are taken off the registry, as if they had never been in it.

    Raises CapacityError, with nothing written, where anybody holds, was granted or has reserved a unit.
    """
    lines = Allocation.objects.filter(asset__in=assets)
    _lock(lines.values_list("asset_id", flat=True))
    held = lines.exclude(purpose=Purpose.OWN_USE, reference=None).select_related("asset").order_by("asset")
    names = sorted({line.asset.code for line in held[:NAMED]})
    if names:
        raise CapacityError(_("Units are held of %(codes)s and perhaps others.") % {"codes": ", ".join(names)})
    lines.delete()


def free_runs(asset_ids: Iterable[int], start: date, end: date | None) -> dict[int, list[Run]]:
    """For each asset its runs of units free through all of [start, end), as half-open (first, after last)."""
    ids = sorted(set(asset_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asset.id, lower(run), upper(run)
            FROM registry_asset AS asset
            LEFT JOIN (
                SELECT asset_id, range_agg(units) AS units FROM registry_allocation
                WHERE asset_id = ANY (%(ids)s) AND period && daterange(%(start)s, %(end)s) GROUP BY asset_id
            ) AS taken ON taken.asset_id = asset.id
            CROSS JOIN LATERAL unnest(
                int4multirange(int4range(1, asset.capacity + 1)) - coalesce(taken.units, '{}')
            ) AS run
            WHERE asset.id = ANY (%(ids)s)
            ORDER BY asset.id, lower(run)
            """,
            {"ids": ids, "start": start, "end": end},
        )
        runs: dict[int, list[Run]] = {asset_id: [] for asset_id in ids}
        for asset_id, first, after in cursor.fetchall():
            runs[asset_id].append((first, after))
    return runs


def choose_units(
    runs: Sequence[Run], quantity: int, *, contiguous: bool, prefer: Sequence[Run] = ()
) -> list[Run] | None:
    """Which `quantity` units to take from free `runs`, or None where they do not suffice.

    Those of `prefer` where they are as many and all free; else the shortest run that holds them all, lowest numbers
    first, so that long runs stay whole; else, unless they must be contiguous, from the longest runs on, so that few
    runs are cut.

    >>> choose_units([(1, 3), (5, 9)], 3, contiguous=True), choose_units([(1, 3), (5, 6)], 3, contiguous=False)
    ([(5, 8)], [(1, 3), (5, 6)])
    >>> choose_units([(1, 7)], 2, contiguous=True, prefer=[(3, 5)])
    [(3, 5)]
    """
    if sum(after - first for first, after in prefer) == quantity and all(
        any(first <= wanted[0] and wanted[1] <= after for first, after in runs) for wanted in prefer
    ):
        return list(prefer)
    fitting = [run for run in runs if run[1] - run[0] >= quantity]
    if fitting:
        first, _after = min(fitting, key=lambda run: (run[1] - run[0], run[0]))
        return [(first, first + quantity)]
    if contiguous or sum(after - first for first, after in runs) < quantity:
        return None
    chosen, missing = [], quantity
    for first, after in sorted(runs, key=lambda run: (run[0] - run[1], run[0])):
        taken = min(missing, after - first)
        chosen.append((first, first + taken))
        missing -= taken
        if not missing:
            break
    return sorted(chosen)


@transaction.atomic
def refresh_free_units() -> int:
    """Brings `used_today` to the day that has begun; returns how many assets changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM registry_asset AS asset
            LEFT JOIN (
                SELECT asset_id, sum(upper(units) - lower(units)) AS units
                FROM registry_allocation WHERE period @> CURRENT_DATE GROUP BY asset_id
            ) AS used ON used.asset_id = asset.id
            WHERE asset.used_today <> coalesce(used.units, 0)
            """
        )
        outdated = [asset_id for (asset_id,) in cursor.fetchall()]
        lock_cells(outdated)
        # Counted again under lock, since a grant may have come between.
        cursor.execute("SELECT registry_settle_ledger(%s)", [outdated])
    return len(outdated)


@transaction.atomic
def _take(claims: Sequence[Claim], purpose: Purpose, until: datetime | None) -> int:
    assets = _lock(claim.asset_id for claim in claims)
    by_period: defaultdict[tuple[date, date | None], list[Claim]] = defaultdict(list)
    for claim in claims:
        by_period[claim.start, claim.end].append(claim)
    chosen: list[tuple[Claim, list[Run]]] = []
    taken: defaultdict[int, list[tuple[Claim, Run]]] = defaultdict(list)
    for (start, end), group in by_period.items():
        runs = free_runs((claim.asset_id for claim in group), start, end)
        for claim in group:
            asset, free = assets[claim.asset_id], runs[claim.asset_id]
            for other, run in taken[claim.asset_id]:
                if _meet(claim, other):
                    free = _without(free, run)
            units = choose_units(free, claim.quantity, contiguous=KINDS[asset.kind].contiguous, prefer=claim.prefer)
            if units is None:
                raise NotEnoughUnits(_shortage(asset, claim, free))
            chosen.append((claim, units))
            taken[claim.asset_id] += [(claim, run) for run in units]
    return _write(chosen, purpose, until)


def _write(chosen: Sequence[tuple[Claim, list[Run]]], purpose: Purpose, until: datetime | None) -> int:
    """COPY, since a whole list is granted at once; the loads of a claim stand on its first line."""
    lines = list(_lines(chosen, purpose, until))
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            write_rows(Allocation._meta.db_table, COLUMNS, lines)
    except IntegrityError as error:
        raise _explained(error) from error
    return len(lines)


def _lines(
    chosen: Sequence[tuple[Claim, list[Run]]], purpose: Purpose, until: datetime | None
) -> Iterator[tuple[object, ...]]:
    """Values of COLUMNS."""
    now, none = timezone.now().isoformat(), (0,) * len(LOADS)
    for claim, runs in chosen:
        loads = tuple(claim.loads.get(load) or 0 for load in LOADS) if claim.loads else none
        period = f"[{claim.start},{claim.end or ''})"
        for first, after in runs:
            yield (
                claim.asset_id, f"[{first},{after})", period, *loads, claim.holder_id, purpose.value, until,
                claim.reference, now,
            )  # fmt: skip
            loads = none


class _Locked(NamedTuple):
    code: str
    kind: str


def _lock(asset_ids: Iterable[int]) -> dict[int, _Locked]:
    """Locks the assets, in the order of their ids, until the transaction ends."""
    ids = list(asset_ids)
    lock_cells(ids)
    with connection.cursor() as cursor:
        # One array: a list of as many parameters takes PostgreSQL longer to read than the assets to lock.
        cursor.execute(
            "SELECT id, code, kind FROM registry_asset WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [ids]
        )
        return {pk: _Locked(code, kind) for pk, code, kind in cursor.fetchall()}


def _without(runs: Sequence[Run], taken: Run) -> list[Run]:
    left = [(first, min(after, taken[0])) for first, after in runs] + [
        (max(first, taken[1]), after) for first, after in runs
    ]
    return sorted({run for run in left if run[0] < run[1]})


def _meet(one: Claim, other: Claim) -> bool:
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)


def _shortage(asset: _Locked, claim: Claim, runs: Sequence[Run]) -> str:
    facts = KINDS[asset.kind]
    longest = max((after - first for first, after in runs), default=0)
    free = longest if facts.contiguous else sum(after - first for first, after in runs)
    return _("%(asset)s: %(asked)d %(units)s asked, %(free)d free through the whole period.") % {
        "asset": asset.code,
        "asked": claim.quantity,
        "units": facts.units,
        "free": free,
    }


def _explained(error: IntegrityError) -> CapacityError:
    """The refusal of the ledger as the error a caller expects. Raises what is none of its."""
    broken = constraint_of(error)
    if broken == "allocation_stays_within_loads":
        return LoadExceeded(explained(error))
    if broken in ("allocation_sells_no_unit_twice", "allocation_stays_within_capacity"):
        return NotEnoughUnits(explained(error))
    raise error


def _ending(day: date | None) -> Func:
    """The period of a line, from its first day up to `day`."""
    period = Allocation._meta.get_field("period")
    return Func(Func("period", function="lower"), Value(day), function="daterange", output_field=period)
