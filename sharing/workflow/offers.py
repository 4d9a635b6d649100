"""The next best: which proposal for a demand still fits what is free now."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import connection

from registry import capacity
from registry.kinds import LOADS
from registry.models import Allocation, AssetStatus
from sharing.models import EventType, Match, MatchLeg, MatchStatus
from sharing.notifications import outbox


def offer_next(match: Match) -> Match | None:
    """Tells the party which proposal comes next after `match` fell through; None where there is none that fits.

    The registry offers it, not whoever refused: that person may act for an owner the party must not know of.
    """
    offered = next_best(match)
    if offered:
        outbox.record(EventType.MATCH_OFFERED, offered, actor=None, instead_of=match.pk)
    return offered


def next_best(match: Match) -> Match | None:
    """The best-ranked other proposal of the same demand that is still offered and whose units are all free now; none
    of a demand whose period is over.
    Nothing is held or locked: the party's request holds them, or is told that they are gone."""
    if match.renews_id or match.is_over:
        return None
    proposals = Match.objects.filter(demand_id=match.demand_id, status=MatchStatus.PROPOSED).exclude(pk=match.pk)
    for proposal in proposals.select_related("demand__list__party").prefetch_related("legs__asset").order_by("rank"):
        if is_offered(proposal) and fits(proposal):
            return proposal
    return None


def is_offered(match: Match) -> bool:
    """Whether the owners of all legs still share them with the party's sector, keep them in service, and have them
    there from the first day on."""
    sector, first_day = match.demand.list.party.sector, match.period.lower
    return all(
        sector in asset.open_to_sectors
        and asset.status != AssetStatus.OUT_OF_SERVICE
        and (asset.available_from is None or asset.available_from <= first_day)
        for asset in (leg.asset for leg in match.legs.all())
        if asset
    )


def claims(match: Match) -> list[capacity.Claim]:
    """What the match wants of the ledger: a claim an asset, named by the reference of its first leg. A renewal is to
    get the units that its agreement uses, where what is installed stands."""
    period, party, in_use = match.period, match.demand.list.party_id, _in_use(match)
    return [
        capacity.Claim(
            asset_id=leg.asset_id,
            quantity=leg.quantity,
            start=period.lower,
            end=period.upper,
            holder_id=party,
            reference=leg.reference,
            loads={load: getattr(leg, load) for load in LOADS},
            prefer=in_use[leg.asset_id],
        )
        for leg in match.holding_legs
        if leg.asset_id
    ]


def _in_use(match: Match) -> defaultdict[int, list[capacity.Run]]:
    """By asset the units of the agreement that `match` renews; none where it renews none."""
    units: defaultdict[int, list[capacity.Run]] = defaultdict(list)
    if match.renews is not None:
        legs = MatchLeg.objects.filter(match=match.renews.match_id)
        for line in Allocation.objects.filter(reference__in=legs.values("reference")).order_by("units"):
            units[line.asset_id].append((line.units.lower, line.units.upper))
    return units


def fits(match: Match) -> bool:
    """Whether the ledger has the units and loads of all assets through the whole period, as far as can be seen now."""
    legs = match.holding_legs
    period = match.period
    runs = capacity.free_runs((leg.asset_id for leg in legs if leg.asset_id), period.lower, period.upper)
    loads = _peak_loads((leg.asset_id for leg in legs if leg.asset_id), period.lower, period.upper)
    return all(_leg_fits(leg, runs[leg.asset_id], loads.get(leg.asset_id, {})) for leg in legs if leg.asset_id)


def _leg_fits(leg: MatchLeg, runs: list[capacity.Run], carried: dict[str, Decimal]) -> bool:
    asset = leg.asset
    assert asset is not None
    if capacity.choose_units(runs, leg.quantity, contiguous=asset.facts.contiguous) is None:
        return False
    limits = {load: getattr(asset, load) for load in LOADS}
    return all(limit is None or carried.get(load, 0) + getattr(leg, load) <= limit for load, limit in limits.items())


def _peak_loads(asset_ids: Iterable[int], start: date, end: date | None) -> dict[int, dict[str, Decimal]]:
    """For each asset its highest summed loads on any day of [start, end). Sums change only where a line begins."""
    sums = ", ".join(f"sum({load}) AS {load}" for load in LOADS)
    peaks = ", ".join(f"max({load})" for load in LOADS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH line AS (
                SELECT * FROM registry_allocation
                WHERE asset_id = ANY (%(ids)s) AND period && daterange(%(start)s, %(end)s)
            ), start AS (
                SELECT DISTINCT asset_id, greatest(lower(period), %(start)s) AS day FROM line
            ), carried AS (
                SELECT start.asset_id, {sums} FROM start JOIN line USING (asset_id)
                WHERE line.period @> start.day GROUP BY start.asset_id, start.day
            )
            SELECT asset_id, {peaks} FROM carried GROUP BY asset_id
            """,
            {"ids": sorted(set(asset_ids)), "start": start, "end": end},
        )
        return {asset_id: dict(zip(LOADS, peak, strict=True)) for asset_id, *peak in cursor.fetchall()}
