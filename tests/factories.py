"""Small builders of rows for tests, in Wuhan. Each takes what matters to the test and fills in the rest."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils import timezone

from registry import capacity
from registry.kinds import KINDS, LOADS, Kind
from registry.models import (
    Asset,
    Duct,
    EquipmentRoom,
    FacilityType,
    Fiber,
    Membership,
    Organization,
    PlannedFacility,
    Protection,
    Purpose,
    Region,
    Role,
    Sector,
    TerrainArea,
    Tower,
    User,
)
from registry.models.region import GB_T_2260
from sharing.models import Demand, DemandList, ListStatus, Match, MatchLeg, MatchRun, Outcome, RunStatus

Place = tuple[float, float]
"""Longitude and latitude, degrees, WGS 84."""

WUHAN: Place = (114.3055, 30.5928)
HUBEI, WUHAN_CODE, JIANGAN, WUCHANG, XIANGYANG = "420000", "420100", "420102", "420106", "420600"
_NAMES = {
    HUBEI: "湖北省",
    WUHAN_CODE: "武汉市",
    JIANGAN: "江岸区",
    WUCHANG: "武昌区",
    XIANGYANG: "襄阳市",
}
_DETAILS = {Kind.TOWER: Tower, Kind.DUCT: Duct, Kind.FIBER: Fiber, Kind.EQUIPMENT_ROOM: EquipmentRoom}
_count = itertools.count(1)


def region(code: str = JIANGAN, *, scheme: str = GB_T_2260) -> Region:
    """The region of that code, made when missing."""
    fields = {"name": _NAMES.get(code, code), "prefix": Region.prefix_of(scheme, code)}
    return Region.objects.get_or_create(scheme=scheme, code=code, defaults=fields)[0]


def organization(
    code: str = "",
    *,
    sector: str = Sector.TELECOM,
    home: str = WUHAN_CODE,
    regulates: str | None = None,
    **fields: Any,
) -> Organization:
    """A party at home in `home`; a regulator of the region `regulates` when that is given."""
    code = code or f"party-{next(_count)}"
    return Organization.objects.create(
        code=code,
        sector=sector,
        region=region(home),
        regulates=region(regulates) if regulates else None,
        **{"name": code, **fields},
    )


def regulator(code: str = "", *, of: str = WUHAN_CODE) -> Organization:
    return organization(code, sector=Sector.OTHER, home=of, regulates=of)


def user(username: str = "", **fields: Any) -> User:
    """A person without membership. The password is unusable: use client.force_login."""
    username = username or f"person-{next(_count)}"
    return User.objects.create_user(username, email=fields.pop("email", f"{username}@example.invalid"), **fields)


def member(of: Organization, role: str = Role.MANAGER, username: str = "", **fields: Any) -> User:
    """A new person with `role` in `of`."""
    person = user(username or f"{of.code}-{role}-{next(_count)}", **fields)
    Membership.objects.create(user=person, organization=of, role=role)
    return person


def members(*asked: tuple[Organization, str, str]) -> list[User]:
    """New people, each with a role in an organization and a user name; in two statements, however many."""
    people = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.invalid", password=make_password(None))
        for _of, _role, name in asked
    )
    Membership.objects.bulk_create(
        Membership(user=person, organization=of, role=role)
        for person, (of, role, _name) in zip(people, asked, strict=True)
    )
    return people


def asset(
    owner: Organization,
    kind: str = Kind.TOWER,
    *,
    used: int = 0,
    details: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Asset:
    """An asset with the row of its kind's details, of the fields of `draft_asset`.

    used: units that the owner itself uses, for ever.
    """
    made = draft_asset(owner, kind, **fields)
    made.save()
    _DETAILS[Kind(kind)]._default_manager.create(asset=made, **details or {})
    if used:
        allocate(made, used, purpose=Purpose.OWN_USE)
    made.refresh_from_db()
    return made


def draft_asset(
    owner: Organization,
    kind: str = Kind.TOWER,
    *,
    at: Place = WUHAN,
    to: Place | None = None,
    capacity: int = 4,
    within: str = JIANGAN,
    **fields: Any,
) -> Asset:
    """An asset's own row, to be saved. Lines run from `at` to `to` (about 1 km east when not given)."""
    end = to or (at[0] + 0.01, at[1])
    if fields.get("protection", Protection.OPEN) != Protection.OPEN:
        fields.setdefault("protection_reason", "grid")
    return Asset(
        owner=owner,
        kind=Kind(kind),
        region=region(within),
        geometry=LineString(at, end, srid=4326) if KINDS[kind].is_route else Point(*at, srid=4326),
        capacity=capacity,
        **{"code": f"{kind}-{next(_count)}", "price_per_unit_year": Decimal(1000), **fields},
    )


def protect(asset: Asset, level: str) -> None:
    asset.protection, asset.protection_reason = level, "grid"
    asset.save()


def allocate(
    asset: Asset,
    quantity: int = 1,
    *,
    purpose: Purpose = Purpose.GRANTED,
    holder: Organization | None = None,
    start: date | None = None,
    end: date | None = None,
    reference: uuid.UUID | None = None,
    **loads: Decimal,
) -> None:
    """Lines of the ledger, from today for ever when no period is given; by the owner when no holder is."""
    claim = capacity.Claim(
        asset.pk,
        quantity,
        start or timezone.localdate(),
        end,
        (holder or asset.owner).pk,
        reference,
        loads,
    )
    capacity.allocate([claim], purpose=purpose)


def period(start_in_days: int = 30, days: int | None = 365) -> DateRange:
    """A period counted from today; without end when `days` is None."""
    start = timezone.localdate() + timedelta(days=start_in_days)
    return DateRange(start, None if days is None else start + timedelta(days=days))


def demand_list(party: Organization, status: str = ListStatus.MATCHED, **fields: Any) -> DemandList:
    submitted = None if status == ListStatus.DRAFT else timezone.now()
    return DemandList.objects.create(
        party=party, status=status, submitted_at=submitted, **{"title": f"List {next(_count)}", **fields}
    )


def demand(
    of: DemandList,
    kind: str = Kind.TOWER,
    *,
    at: Place = WUHAN,
    to: Place | None = None,
    radius_m: float = 500,
    **fields: Any,
) -> Demand:
    """A line of a list. Point kinds ask around `at`, routes from `at` to `to` (about 1 km east when not given)."""
    last = of.demands.aggregate(last=Max("line", default=0))["last"]
    if KINDS[kind].is_route:
        end = to or (at[0] + 0.01, at[1])
        place: dict[str, Any] = {"origin": Point(*at, srid=4326), "destination": Point(*end, srid=4326)}
    else:
        place = {"location": Point(*at, srid=4326), "radius_m": radius_m}
    return Demand.objects.create(list=of, kind=kind, **place, **{"line": last + 1, "period": period(), **fields})


def match_run(of: DemandList, status: str = RunStatus.DONE, **fields: Any) -> MatchRun:
    return MatchRun.objects.create(list=of, status=status, **fields)


def match(
    of: Demand, assets: Sequence[Asset | None], *, run: MatchRun | None = None, rank: int = 1, **fields: Any
) -> Match:
    """A proposed match with a leg an asset, None for a gap to be built; the demand's loads lie on the first leg."""
    run = run or of.list.runs.order_by("-id").first() or match_run(of.list)
    made = Match.objects.create(
        run=run, demand=of, rank=rank, **{"cost_per_year": 1000 * of.quantity * len(assets), "score": 0.9, **fields}
    )
    for position, leg_asset in enumerate(assets):
        loads = {load: getattr(of, load) for load in LOADS} if position == 0 else {}
        MatchLeg.objects.create(
            match=made,
            position=position,
            asset=leg_asset,
            quantity=of.quantity,
            geometry=leg_asset.masked_geometry if leg_asset else None,
            cost_per_year=1000 * of.quantity,
            **loads,
        )
    return made


def unmet(of: Demand, *, reason: str = "none_near") -> Outcome:
    """What the list's last run, made where there is none, says of a demand that it found nothing for."""
    run = of.list.runs.order_by("-id").first() or match_run(of.list)
    return Outcome.objects.create(run=run, demand=of, met=False, reason=reason)


def terrain_area(owner: Organization, terrain_class: str, bounds: tuple[float, float, float, float]) -> TerrainArea:
    """West, south, east and north."""
    outline: Polygon = Polygon.from_bbox(bounds)
    code = f"area-{next(_count)}"
    return TerrainArea.objects.create(
        owner=owner, code=code, terrain_class=terrain_class, geometry=MultiPolygon(outline, srid=4326)
    )


def planned_facility(
    owner: Organization, *, at: Place = WUHAN, to: Place | None = None, **fields: Any
) -> PlannedFacility:
    """A tunnel that opens before the period of demands begins, unless said otherwise; asked for until tomorrow."""
    today = timezone.localdate()
    end = to or (at[0] + 0.01, at[1])
    return PlannedFacility.objects.create(
        owner=owner,
        region=region(JIANGAN),
        geometry=LineString(at, end, srid=4326),
        **{
            "code": f"plan-{next(_count)}",
            "name": "Tunnel",
            "facility_type": FacilityType.TUNNEL,
            "request_by": today + timedelta(days=1),
            "opens_on": today + timedelta(days=20),
            **fields,
        },
    )
