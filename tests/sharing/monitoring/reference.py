"""The indicators again, slowly: one row after another in plain Python, as their formulas say. Nothing here asks the
database for more than all rows of a table."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from registry.models import Allocation, Asset
from sharing.models import Agreement, CalendarDay, CobuildGroup, Consent, Demand, Match
from sharing.monitoring.factors import factors
from sharing.monitoring.scope import Scope

DETAILS = ("tower", "duct", "fiber", "equipment_room")
WANTED = {
    "tower": "weight_kg wind_area_m2 power_kw height_m free_height_min_m free_height_max_m earthing_ohm backup_h",
    "duct": "inner_diameter_mm outer_diameter_mm depth_m",
    "fiber": "cable_length_m route_length_m",
    "equipment_room": "power_kw area_m2 floor_load_kn_m2 cooling_kw backup_h cable_entries",
}
Figures = dict[str, dict[str, Any]]


class Rows:
    """All rows of the tables that the formulas speak of, read once."""

    def __init__(self) -> None:
        self.assets = list(Asset.objects.select_related("owner", "region", *DETAILS))
        self.lines = list(Allocation.objects.select_related("holder"))
        demands = Demand.objects.select_related("list__party__region")
        self.demands = list(demands.prefetch_related("matches", "outcomes__run"))
        agreements = Agreement.objects.filter(match__renews=None).select_related("match__demand__list__party")
        agreements = agreements.prefetch_related("match__legs__asset__region", "match__legs__asset__owner")
        self.agreements = [one for one in agreements if one.ended_on is None or one.ended_on > one.period.lower]
        groups = CobuildGroup.objects.select_related("region").prefetch_related("members__demands")
        self.groups = list(groups)
        consents = Consent.objects.select_related("owner", "match__demand")
        self.consents = list(consents.prefetch_related("match__legs__asset__region"))
        matches = Match.objects.select_related("demand__list__party")
        self.matches = list(matches.prefetch_related("consents", "approvals", "legs__asset__region"))
        days = CalendarDay.objects.filter(calendar=settings.CALENDAR)
        self.differing = {day.day: day.working for day in days}


def local(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def in_span(moment: datetime | None, scope: Scope) -> bool:
    return moment is not None and scope.start <= local(moment) < scope.end


def last_day(scope: Scope) -> date:
    return min(scope.end - timedelta(days=1), timezone.localdate())


def lies_in(region: Any, prefixes: Iterable[tuple[str, str]]) -> bool:
    return any(region.scheme == scheme and region.code.startswith(prefix) for scheme, prefix in prefixes)


def seen(scope: Scope, owner_id: int, region: Any) -> bool:
    return scope.everything or owner_id in scope.organizations or lies_in(region, scope.regulated)


def of_region(scope: Scope, region: Any) -> bool:
    return scope.region is None or region.code.startswith(scope.region.prefix)


def fits(scope: Scope, kind: str, sector: str) -> bool:
    return scope.kind in ("", kind) and scope.sector in ("", sector)


def percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def grouped(rows: Iterable[Any], key: Callable[[Any], str]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(found)


def district(scope: Scope, region: Any) -> str:
    prefix = scope.region.prefix if scope.region else scope.regulated[0][1] if scope.regulated else ""
    return region.code[: min(6, len(prefix) + 2)]


def assets_of(rows: Rows, scope: Scope) -> list[Asset]:
    return [
        asset
        for asset in rows.assets
        if seen(scope, asset.owner_id, asset.region)
        and of_region(scope, asset.region)
        and fits(scope, asset.kind, asset.owner.sector)
    ]


def sharing_rate(rows: Rows, scope: Scope, by: str) -> Figures:
    def uses(asset: Asset, day: date) -> list[Allocation]:
        return [
            line
            for line in rows.lines
            if line.asset_id == asset.pk
            and line.purpose == "granted"
            and line.holder_id != asset.owner_id
            and line.period.lower <= day
            and (line.period.upper is None or day < line.period.upper)
        ]

    def row(assets: list[Asset], of_assets: list[Asset], day: date, sector: str = "") -> dict[str, Any]:
        used = [(asset, [u for u in uses(asset, day) if sector in ("", u.holder.sector)]) for asset in assets]
        shared = sum(bool(found) for _asset, found in used)
        units = sum(line.units.upper - line.units.lower for _asset, found in used for line in found)
        capacity = sum(asset.capacity for asset in of_assets)
        return {
            "assets": len(of_assets),
            "shared": shared,
            "rate_pct": percent(shared, len(of_assets)),
            "units": capacity,
            "units_shared": units,
            "units_rate_pct": percent(units, capacity),
        }

    serving = [asset for asset in assets_of(rows, scope) if asset.status == "in_service"]
    day = last_day(scope)
    listed = [asset for asset in serving if local(asset.created_at) <= day]
    if by == "month":
        found: Figures = {}
        month = scope.start
        while month < scope.end and month <= timezone.localdate():
            after = (month + timedelta(days=32)).replace(day=1)
            end = min(after - timedelta(days=1), timezone.localdate())
            then = [asset for asset in serving if local(asset.created_at) <= end]
            found[f"{month:%Y-%m}"] = row(then, then, end)
            month = after
        return found
    if by == "sectors":
        by_sector = grouped(listed, lambda asset: asset.owner.sector)
        pairs = {(asset.owner.sector, line.holder.sector) for asset in listed for line in uses(asset, day)}
        return {f"{one}>{other}": row(by_sector[one], by_sector[one], day, other) for one, other in pairs}
    keys: dict[str, Callable[[Asset], str]] = {
        "kind": lambda asset: asset.kind,
        "region": lambda asset: district(scope, asset.region),
        "total": lambda asset: "total",
    }
    return {name: row(assets, assets, day) for name, assets in grouped(listed, keys[by]).items()}


def demands_met(rows: Rows, scope: Scope, by: str) -> Figures:
    def way(demand: Demand) -> str:
        since = demand.list.submitted_at
        own = [one for one in rows.agreements if one.match.demand_id == demand.pk and one.created_at >= since]
        if any(leg.asset_id is None for agreement in own for leg in agreement.match.legs.all()):
            return "shared_with_gaps"
        if own:
            return "shared"
        for group in rows.groups:
            agreed = group.status == "agreed" or (group.close_reason == "built" and group.agreed_at)
            if agreed and group.agreed_at >= since:
                for member in group.members.all():
                    if member.answer == "joined" and demand.pk in [one.demand_id for one in member.demands.all()]:
                        return "co_built"
        if any(m.status in ("requested", "consented", "approved", "active") for m in demand.matches.all()):
            return "open"
        outcomes = [one for one in demand.outcomes.all() if one.reason != "over" and one.run.created_at >= since]
        outcomes.sort(key=lambda outcome: outcome.run_id)
        return "new_build" if outcomes and not outcomes[-1].met else "open"

    chosen = [
        demand
        for demand in rows.demands
        if demand.list.status != "draft"
        and in_span(demand.list.submitted_at, scope)
        and seen(scope, demand.list.party_id, demand.list.party.region)
        and of_region(scope, demand.list.party.region)
        and fits(scope, demand.kind, demand.list.party.sector)
    ]
    keys: dict[str, Callable[[Demand], str]] = {
        "total": lambda d: "total",
        "kind": lambda d: d.kind,
        "sector": lambda d: d.list.party.sector,
        "region": lambda d: district(scope, d.list.party.region),
        "month": lambda d: f"{local(d.list.submitted_at):%Y-%m}",
    }
    found = {}
    for key, demands in grouped(chosen, keys[by]).items():
        ways = [way(demand) for demand in demands]
        names = ("shared", "shared_with_gaps", "co_built", "new_build", "open")
        met = ways.count("shared") + ways.count("shared_with_gaps")
        counts = {name: ways.count(name) for name in names}
        found[key] = {"demands": len(ways), **counts, "met_pct": percent(met, len(ways))}
    return found


def working_days(since: date, until: date, differing: dict[date, bool]) -> int:
    days, day = 0, since
    while day < until:
        day += timedelta(days=1)
        days += differing.get(day, day.weekday() < 5)
    return days


def last_of(allowed: int, since: date, differing: dict[date, bool]) -> date:
    """The day on which so many working days after `since` have begun."""
    day = since
    while working_days(since, day, differing) < allowed:
        day += timedelta(days=1)
    return day


def decision_days(rows: Rows, scope: Scope, by: str) -> Figures:
    def uses(match: Match) -> list[Asset]:
        return [leg.asset for leg in match.legs.all() if leg.asset]

    answers = []
    for consent in rows.consents:
        asked = [asset for asset in uses(consent.match) if asset.owner_id == consent.owner_id]
        mine = scope.everything or consent.owner_id in scope.organizations
        if (
            consent.status in ("granted", "refused")
            and in_span(consent.answered_at, scope)
            and (mine or any(lies_in(asset.region, scope.regulated) for asset in asked))
            and (scope.region is None or any(of_region(scope, asset.region) for asset in asked))
            and fits(scope, consent.match.demand.kind, consent.owner.sector)
        ):
            days = working_days(local(consent.asked_at), local(consent.answered_at), rows.differing)
            answers.append((str(consent.owner_id), days, consent.answered_at <= consent.deadline))
    decided = []
    for match in rows.matches:
        consents, approvals, assets = list(match.consents.all()), list(match.approvals.all()), uses(match)
        takes_part = {match.demand.list.party_id, *(consent.owner_id for consent in consents)}
        if (
            not consents
            or match.status not in ("approved", "active", "ended", "rejected")
            or not in_span(max((a.decided_at for a in approvals), default=None), scope)
            or not (
                scope.everything
                or takes_part & scope.organizations
                or any(lies_in(asset.region, scope.regulated) for asset in assets)
            )
            or not (scope.region is None or any(of_region(scope, asset.region) for asset in assets))
            or not fits(scope, match.demand.kind, match.demand.list.party.sector)
        ):
            continue
        asked, consented = min(c.asked_at for c in consents), max(c.answered_at for c in consents)
        end = max(a.decided_at for a in approvals)
        allowed = settings.APPROVAL_WORKING_DAYS
        last = working_days(local(consented), local(end), rows.differing)
        whole = working_days(local(asked), local(end), rows.differing)
        both = allowed + settings.CONSENT_WORKING_DAYS
        month = f"{local(end):%Y-%m}"
        decided.append(
            (
                month,
                match.demand.kind,
                (last, local(end) <= last_of(allowed, local(consented), rows.differing)),
                (whole, local(end) <= last_of(both, local(asked), rows.differing)),
            )
        )
    if by == "owner":
        return {key: _days([each[1:] for each in found]) for key, found in grouped(answers, lambda a: a[0]).items()}
    if by == "stage":
        stages = {
            "answer": [each[1:] for each in answers],
            "decision": [each[2] for each in decided],
            "whole": [each[3] for each in decided],
        }
        return {stage: _days(found) for stage, found in stages.items() if found}
    keys = {"month": lambda d: d[0], "kind": lambda d: d[1], "total": lambda d: "total"}
    return {key: _days([each[3] for each in found]) for key, found in grouped(decided, keys[by]).items()}


def _days(rows: list[tuple[int, bool]]) -> dict[str, Any]:
    days = sorted(each for each, _in_time in rows)
    in_time = sum(each for _days, each in rows)
    return {
        "count": len(days),
        "median_days": days[math.ceil(len(days) * 0.5) - 1],
        "ninth_tenth_days": days[math.ceil(len(days) * 0.9) - 1],
        "longest_days": days[-1],
        "in_time": in_time,
        "in_time_pct": percent(in_time, len(days)),
    }


def builds_avoided(rows: Rows, scope: Scope, by: str) -> Figures:
    parts: list[tuple[str, str, str, float]] = []  # key, kind, column, amount
    for agreement in rows.agreements:
        party = agreement.match.demand.list.party
        for leg in agreement.match.legs.all():
            asset = leg.asset
            if (
                asset is None
                or not in_span(agreement.created_at, scope)
                or not (seen(scope, asset.owner_id, asset.region) or party.pk in scope.organizations)
                or not of_region(scope, asset.region)
                or not fits(scope, asset.kind, asset.owner.sector)
            ):
                continue
            key = {
                "total": "total",
                "kind": asset.kind,
                "sectors": f"{asset.owner.sector}>{party.sector}",
                "region": district(scope, asset.region),
                "month": f"{local(agreement.created_at):%Y-%m}",
            }[by]
            if asset.kind in ("duct", "fiber"):
                length = leg.length_m if leg.length_m is not None else asset.length_m
                parts.append((key, asset.kind, "km_shared", length / 1000))
            else:
                parts.append((key, asset.kind, "builds_shared", 1))
    for group in rows.groups:
        joined = [member.party_id for member in group.members.all() if member.answer == "joined"]
        mine = scope.everything or scope.organizations & {member.party_id for member in group.members.all()}
        if (
            by == "sectors"
            or scope.sector
            or group.kind not in ("tower", "equipment_room")
            or not (group.status == "agreed" or group.close_reason == "built")
            or not in_span(group.agreed_at, scope)
            or not (mine or lies_in(group.region, scope.regulated))
            or not of_region(scope, group.region)
            or scope.kind not in ("", group.kind)
        ):
            continue
        month = f"{local(group.agreed_at):%Y-%m}"
        key = {"total": "total", "kind": group.kind, "region": district(scope, group.region), "month": month}[by]
        parts.append((key, group.kind, "builds_together", len(joined) - 1))
    found = {}
    for key, of_key in grouped(parts, lambda part: part[0]).items():
        total = {
            column: sum(p[3] for p in of_key if p[2] == column) for column in ("builds_shared", "builds_together")
        }
        known = factors()
        found[key] = {
            **total,
            "km_shared": round(math.fsum(p[3] for p in of_key if p[2] == "km_shared"), 3),
            "cost": round(sum(amount * (known[kind].cost or 0) for _key, kind, _column, amount in of_key)),
            "co2_t": round(sum(amount * (known[kind].co2_t or 0) for _key, kind, _column, amount in of_key), 1),
        }
    return found


def catalog_quality(rows: Rows, scope: Scope, by: str) -> Figures:
    day = last_day(scope)
    listed = [asset for asset in assets_of(rows, scope) if local(asset.created_at) <= day]
    keys: dict[str, Callable[[Asset], str]] = {
        "owner": lambda asset: str(asset.owner_id),
        "kind": lambda asset: asset.kind,
        "total": lambda asset: "total",
    }
    found = {}
    for name, assets in grouped(listed, keys[by]).items():
        filled = whole = 0
        for asset in assets:
            for field in WANTED[asset.kind].split():
                holder = asset if field in ("weight_kg", "wind_area_m2", "power_kw") else getattr(asset, asset.kind)
                whole += 1
                filled += getattr(holder, field) is not None
        fresh = sum(local(asset.updated_at) >= day - timedelta(days=365) for asset in assets)
        median = statistics.median_low(asset.updated_at for asset in assets)
        found[name] = {
            "assets": len(assets),
            "fresh": fresh,
            "fresh_pct": percent(fresh, len(assets)),
            "median_age_days": max(0, (day - local(median)).days),
            "filled_pct": percent(filled, whole),
        }
    return found


REFERENCE: dict[str, Callable[[Rows, Scope, str], Figures]] = {
    "sharing-rate": sharing_rate,
    "demands-met": demands_met,
    "decision-days": decision_days,
    "builds-avoided": builds_avoided,
    "catalog-quality": catalog_quality,
}
