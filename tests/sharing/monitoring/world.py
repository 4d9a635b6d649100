"""A year of sharing, made up by a seed: every status, gaps, renewals, groups, holidays and half-filled catalogs."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from registry.kinds import Kind
from registry.models import (
    Asset,
    AssetStatus,
    Duct,
    EquipmentRoom,
    Fiber,
    Organization,
    Purpose,
    Sector,
    Tower,
)
from registry.models.asset import Protection
from sharing.models import (
    Agreement,
    Approval,
    CalendarDay,
    CloseReason,
    CobuildAnswer,
    CobuildDemand,
    CobuildGroup,
    CobuildMember,
    CobuildStatus,
    Consent,
    ConsentStatus,
    Decision,
    Demand,
    DemandList,
    ListStatus,
    Match,
    MatchRun,
    MatchStatus,
    Outcome,
    RejectionReason,
)
from tests import factories
from tests.sharing.scene import by_hand

DISTRICTS = (factories.JIANGAN, factories.WUCHANG, factories.XIANGYANG)
DETAILS: dict[str, tuple[Any, dict[str, float]]] = {
    Kind.TOWER: (
        Tower,
        {
            "height_m": 40,
            "free_height_min_m": 10,
            "free_height_max_m": 30,
            "earthing_ohm": 4,
            "backup_h": 3,
        },
    ),
    Kind.DUCT: (Duct, {"inner_diameter_mm": 100, "outer_diameter_mm": 110, "depth_m": 0.8}),
    Kind.FIBER: (Fiber, {"cable_length_m": 1200, "route_length_m": 1100}),
    Kind.EQUIPMENT_ROOM: (
        EquipmentRoom,
        {"area_m2": 40, "floor_load_kn_m2": 6, "cooling_kw": 90, "backup_h": 4, "cable_entries": 3},
    ),
}


class World:
    """What the tests of the indicators look at; all of it is in the database."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.today = timezone.localdate()
        for code in (factories.HUBEI, factories.WUHAN_CODE, *DISTRICTS, factories.XIANGYANG):
            factories.region(code)
        self.parties = [
            factories.organization(
                f"party-{sector}", sector=sector, home=self.random.choice((factories.WUHAN_CODE, factories.XIANGYANG))
            )
            for sector in (Sector.TELECOM, Sector.POWER, Sector.TRANSPORT, Sector.MUNICIPAL)
        ]
        self.city = factories.regulator("city-office", of=factories.WUHAN_CODE)
        self.province = factories.regulator("province-office", of=factories.HUBEI)
        self.officer = factories.member(self.city)
        self.calendar()
        self.assets = [self.asset(n) for n in range(24)]
        for asset in self.assets:
            self.ledger(asset)
        for party in self.parties:
            for _ in range(3):
                self.list(party)
        self.groups()

    def day(self, most: int = 400, least: int = 0) -> date:
        return self.today - timedelta(days=self.random.randint(least, most))

    def moment(self, most: int = 400, least: int = 0) -> datetime:
        """Some time of a day gone by, near midnight too, where zones tell."""
        hour = self.random.choice((0, 7, 9, 16, 23))
        day = self.day(most, max(least, 1))
        return timezone.make_aware(datetime(day.year, day.month, day.day, hour, 30))

    def calendar(self) -> None:
        for ahead in range(0, 420, 9):
            day = self.today - timedelta(days=ahead)
            CalendarDay.objects.create(calendar="CN", day=day, name="differs", working=day.weekday() >= 5)

    def asset(self, number: int) -> Asset:
        kind = self.random.choice(list(DETAILS))
        details = {name: value for name, value in DETAILS[kind][1].items() if self.random.random() < 0.6}
        loads = {
            "weight_kg": self.random.choice((None, Decimal(500))),
            "power_kw": self.random.choice((None, Decimal(20))),
        }
        if kind == Kind.EQUIPMENT_ROOM:
            loads["weight_kg"] = None
        if kind not in (Kind.TOWER, Kind.EQUIPMENT_ROOM):
            loads = {}
        made = factories.asset(
            self.random.choice(self.parties),
            kind,
            capacity=6,
            within=self.random.choice(DISTRICTS),
            details=details,
            status=self.random.choice((AssetStatus.IN_SERVICE, AssetStatus.IN_SERVICE, AssetStatus.OUT_OF_SERVICE)),
            protection=self.random.choice(list(Protection)),
            **loads,
        )
        Asset.objects.filter(pk=made.pk).update(created_at=self.moment(), updated_at=self.moment(800))
        made.refresh_from_db()
        return made

    def ledger(self, asset: Asset) -> None:
        for _ in range(self.random.randint(0, 3)):
            start = self.day()
            factories.allocate(
                asset,
                self.random.randint(1, 2),
                purpose=self.random.choice((Purpose.GRANTED, Purpose.GRANTED, Purpose.OWN_USE, Purpose.RESERVED)),
                holder=self.random.choice(self.parties),
                start=start,
                end=self.random.choice((None, start + timedelta(days=self.random.randint(1, 200)))),
            )

    def list(self, party: Organization) -> None:
        made = factories.demand_list(
            party, status=self.random.choice((ListStatus.DRAFT, ListStatus.MATCHED, ListStatus.CLOSED))
        )
        DemandList.objects.filter(pk=made.pk).update(submitted_at=self.moment())
        runs = [factories.match_run(made), factories.match_run(made)]
        MatchRun.objects.filter(pk=runs[0].pk).update(created_at=self.moment())
        for _ in range(4):
            demand = factories.demand(made, self.random.choice(list(DETAILS)))
            for run in runs:
                if self.random.random() < 0.7:
                    met = self.random.random() < 0.4
                    reason = "" if met else self.random.choice(("none_near", "over"))
                    Outcome.objects.create(run=run, demand=demand, met=met, reason=reason)
            if self.random.random() < 0.7:
                self.match(demand, run=runs[-1])

    def match(self, demand: Demand, **fields: Any) -> Match:
        """A match in some status, with the answers and decisions that led there."""
        others = [asset for asset in self.assets if asset.owner_id != demand.list.party_id]
        legs: list[Asset | None] = self.random.sample(others, self.random.randint(1, 2))
        if self.random.random() < 0.3:
            legs.append(None)
        status = self.random.choice(
            (MatchStatus.PROPOSED, MatchStatus.REQUESTED, MatchStatus.ACTIVE, MatchStatus.ENDED, MatchStatus.REJECTED)
        )
        match = factories.match(demand, legs, status=status, **fields)
        for leg in match.legs.all():
            leg.length_m = self.random.choice((None, 251.0))
            leg.save()
        if status == MatchStatus.PROPOSED:
            return match
        asked = self.moment()
        answered = min(asked + timedelta(days=self.random.randint(0, 40)), timezone.now())
        for owner in {leg.owner_id: leg.owner for leg in legs if leg}.values():
            pending = status == MatchStatus.REQUESTED
            consent = Consent.objects.create(
                match=match,
                owner=owner,
                deadline=asked + timedelta(days=14),
                status=ConsentStatus.PENDING if pending else ConsentStatus.GRANTED,
                answered_at=None if pending else answered - timedelta(hours=self.random.randint(0, 30)),
            )
            Consent.objects.filter(pk=consent.pk).update(asked_at=asked - timedelta(hours=40))
        if status == MatchStatus.REQUESTED:
            return match
        decided = min(answered + timedelta(days=self.random.randint(0, 25)), timezone.now())
        rejected = status == MatchStatus.REJECTED
        approval = Approval.objects.create(
            match=match,
            regulator=self.city,
            decided_by=self.officer,
            decision=Decision.REJECTED if rejected else Decision.APPROVED,
            reason=RejectionReason.PLANNING if rejected else "",
            fingerprint="0" * 64,
        )
        by_hand(f"UPDATE sharing_approval SET decided_at = '{decided.isoformat()}' WHERE id = {approval.pk}")
        if not rejected:
            first, ended_on = decided.date(), None
            if status == MatchStatus.ENDED:
                ended_on = first + timedelta(days=self.random.choice((-3, 0, 1, 20)))
            agreement = Agreement.objects.create(
                match=match, number=f"4201-{match.pk}", period=DateRange(first, None), fee_per_year=1
            )
            Agreement.objects.filter(pk=agreement.pk).update(created_at=decided, ended_on=ended_on)
            if match.renews_id is None and self.random.random() < 0.3:
                self.match(demand, rank=9, renews=agreement, renewal_period=DateRange(decided.date(), None))
        return match

    def groups(self) -> None:
        demands = list(Demand.objects.filter(kind__in=(Kind.TOWER, Kind.EQUIPMENT_ROOM)).order_by("pk"))
        for number in range(6):
            agreed = self.random.random() < 0.7
            status = self.random.choice((CobuildStatus.AGREED, CobuildStatus.CLOSED)) if agreed else CobuildStatus.OPEN
            closed = status == CobuildStatus.CLOSED
            group = CobuildGroup.objects.create(
                kind=self.random.choice((Kind.TOWER, Kind.DUCT)),
                status=status,
                region=factories.region(self.random.choice(DISTRICTS)),
                geometry=Point(*factories.WUHAN, srid=4326),
                units=2,
                needed_by=self.today,
                cost_per_year=1,
                apart_per_year=2,
                agreed_at=self.moment() if agreed else None,
                closed_at=timezone.now() if closed else None,
                close_reason=self.random.choice((CloseReason.BUILT, CloseReason.GIVEN_UP)) if closed else "",
            )
            for party in self.random.sample(self.parties, 3):
                answer = CobuildAnswer.JOINED if agreed else self.random.choice(list(CobuildAnswer))
                answered = answer != CobuildAnswer.PENDING
                member = CobuildMember.objects.create(
                    group=group,
                    party=party,
                    answer=answer,
                    answered_at=timezone.now() if answered else None,
                    answered_by=self.officer if answered else None,
                )
                for demand in [one for one in demands if one.list.party_id == party.pk][number : number + 1]:
                    CobuildDemand.objects.create(member=member, demand=demand, live=False)
