"""One object of every noun, and one person of every role."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.files.base import ContentFile
from django.utils import timezone

from registry import asset_writing, place_granting
from registry.accounts import invitations, tokens
from registry.exports.jobs import rights_of
from registry.models import (
    Allocation,
    Asset,
    Basis,
    Change,
    Disclosure,
    Export,
    ExportJob,
    FacilityType,
    ImportJob,
    ImportTarget,
    Invitation,
    JobStatus,
    Membership,
    Organization,
    PlaceGrant,
    PlannedFacility,
    Protection,
    Role,
    Scope,
    Sector,
    Sight,
    TerrainArea,
    TerrainClass,
    User,
    Way,
)
from registry.models.acting import acting
from sharing.models import (
    Agreement,
    CalendarDay,
    CobuildGroup,
    EventType,
    Frame,
    Inventory,
    ListStatus,
    Notification,
    Outcome,
    Report,
    Sample,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.monitoring import inventory, reports, samples, scope
from sharing.notifications import outbox
from sharing.notifications.webhooks import signing
from sharing.workflow import cobuild_groups
from sharing.workflow.fingerprint import asked_fingerprint, fingerprint_of
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.api.roles import ANONYMOUS, NOBODY, ROLES
from tests.sharing.scene import Scene


class World(Scene):
    """The scene of the workflow's tests, with a person of each role on each side, and further nouns."""

    def __init__(self) -> None:
        super().__init__()
        self.other = factories.organization("other-party", sector=Sector.MUNICIPAL)
        organizations = {
            "party": self.party,
            "owner": self.metro,
            "other": self.other,
            "here": self.city,
            "above": self.province,
            "elsewhere": factories.regulator("elsewhere", of=factories.XIANGYANG),
        }
        asked = {
            f"{side} {role}": (of, Role(role), f"{side}-{role}")
            for side, of in organizations.items()
            for role in ROLES
        }
        members = dict(zip(asked, factories.members(*asked.values()), strict=True))
        self.people: dict[str, User | None] = {ANONYMOUS: None, NOBODY: factories.user("nobody"), **members}
        self.spare = factories.asset(self.metro, code="SPARE", at=(114.32, 30.61))
        self.facility = PlannedFacility.objects.create(
            owner=self.metro, code="M7", name="Line 7", facility_type=FacilityType.SUBWAY, region=self.near.region,
            geometry=self.near.geometry, request_by="2027-01-01", opens_on="2030-01-01",
        )  # fmt: skip
        self.terrain = TerrainArea.objects.create(
            owner=self.metro, code="LAKE", name="东湖", terrain_class=TerrainClass.WATER,
            geometry=MultiPolygon(Polygon.from_bbox((114.35, 30.53, 114.42, 30.59)), srid=4326),
        )  # fmt: skip
        self.draft = factories.demand_list(self.party, ListStatus.DRAFT, title="Draft")
        self.line = factories.demand(self.draft, name="Site 7")
        self.outcome = Outcome.objects.create(
            run=self.match.run, demand=self.demand, met=False, reason="height",
            funnel={"near": 2, "open": 2, "fit": 0, "free": 0, "left": 0},
            nearest_miss={
                "code": "height", "asset": self.near.pk, "owner": self.metro.pk, "asked": 30, "offered": 24,
                "shortfall": 6, "unit": "m",
            },
            change={
                "field": "mounting_height_m", "from": 30, "to": 24, "by": -6, "unit": "m", "cost_per_year": 1000,
                "asset": self.near.pk,
            },
            other_changes=[{
                "field": "radius_m", "from": 500, "to": 620, "by": 120, "unit": "m", "cost_per_year": 900,
                "asset": None,
            }],
        )  # fmt: skip
        self.day = CalendarDay.objects.create(calendar="CN", day="2027-10-01", name="国庆节")
        self.job = ImportJob.objects.create(
            organization=self.metro, target=ImportTarget.ASSETS, created_by=self.metro_manager, filename="towers.csv",
            file=ContentFile(b"code,lon,lat\n", "towers.csv"), options={"kind": "tower"}, status=JobStatus.DONE,
            rejected=[{"row": 2, "column": "lon", "reason": "…"}],
            rejects=ContentFile(b"row,column,reason\n2,lon,x\n", "rejects.csv"),
        )  # fmt: skip
        owner: Any = self.people["owner manager"]
        self.export = ExportJob.objects.create(
            requested_by=owner, resource="assets", format="parquet", parameters={"kind": "tower"},
            status=JobStatus.DONE, progress=100, rows=1, filename="assets.parquet",
            file=ContentFile(b"PAR1", "assets.parquet"),
            rights=rights_of(owner), finished_at=timezone.now(), expires_at=timezone.now() + timedelta(hours=24),
        )  # fmt: skip
        self.token, self.secret = tokens.issue_personal(
            name="nightly", scopes=[Scope.READ], expires_at=timezone.now() + timedelta(days=30), actor=owner
        )

        self.endpoint = WebhookEndpoint.objects.create(
            organization=self.metro, name="order book", url="https://hooks.metro.example/infrashare",
            types=[EventType.CONSENT_ASKED, EventType.CONSENT_DUE], secret=signing.seal(signing.new_secret()),
            created_by=owner,
        )  # fmt: skip

    def tried(self) -> ImportJob:
        """A file that was checked and is still to land."""
        self.job.options |= {"dry_run": True}
        self.job.save()
        return self.job

    def looked_into(self) -> ImportJob:
        """A file that was read, with what it holds."""
        self.job.preview = {
            "headings": ["no", "lon", "lat"], "columns": {"lon": "lon", "lat": "lat"}, "suggested": {"no": "code"},
            "rows": [{"row": 2, "cells": ["T-1", "114.31", "30.59"]}], "row_count": 1, "layer": "",
            "encoding": "utf-8", "places": {"type": "FeatureCollection", "features": []}, "placed": 1, "outside": 0,
            "swapped": 0, "crs": "EPSG:4326", "trouble": "",
        }  # fmt: skip
        self.job.save()
        return self.job

    def landed(self) -> ImportJob:
        """The spare asset came by a file."""
        self.job.landed_at = self.spare.created_at
        self.job.save()
        return self.job

    def change(self) -> Change:
        """That a manager of the owner renamed an asset, in another region now."""
        manager: Any = self.people["owner manager"]
        with acting(lambda: manager.pk):
            asset_writing.change(self.spare, {"name": "备用杆", "region": factories.region("420106")}, actor=manager)
        return Change.objects.filter(act="update", row=self.spare.pk).latest("pk")

    def drafting(self) -> Membership:
        """The owner's editor."""
        return Membership.objects.get(user=self.people["owner editor"])

    def invitation(self) -> Invitation:
        manager: Any = self.people["owner manager"]
        return invitations.invite(self.metro, email="lee@metro.example", role=Role.EDITOR, actor=manager)

    def taken(self) -> Export:
        """By a person of the owner, as a file."""
        return Export.objects.create(
            person=self.people["owner viewer"], address="/api/v1/assets/", filename="assets.csv",
            parameters={"format": "csv"},
        )  # fmt: skip

    def sight(self) -> Sight:
        """A regulator's, of an asset of the owner."""
        return Sight.objects.create(
            viewer=self.people["here viewer"], organization=self.city, basis=Basis.REGULATOR, way=Way.API,
            asset_number=self.near.pk, asset_code=self.near.code, owner=self.metro, region=self.near.region,
            day=timezone.localdate(), seen_at=timezone.now(),
        )  # fmt: skip

    def grant(self) -> PlaceGrant:
        """Of sight, to the other party."""
        values = {
            "organization": self.other, "region": self.city.regulates, "starts_on": timezone.localdate(),
            "ends_on": timezone.localdate(), "reason": "Flood",
        }  # fmt: skip
        return place_granting.give(values, actor=self.officer)

    def report(self) -> Report:
        """The city's."""
        return reports.make(self.city, date(2026, 1, 1), actor=self.officer)

    def sample(self) -> Sample:
        """The city's."""
        asked = scope.Scope.asked(self.officer, kind="tower")
        return samples.draw(self.city, asked, of=Frame.ASSETS, size=2, seed="7", actor=self.officer)

    def filed(self) -> Inventory:
        """By the owner, before it protected the asset."""
        taken = inventory.take(self.metro, actor=self.metro_manager)
        self.guarded()
        return taken

    def guarded(self) -> Asset:
        """A restricted asset of the owner."""
        factories.protect(self.near, Protection.RESTRICTED)
        return self.near

    def disclosure(self) -> Disclosure:
        """What the party was told by a consent."""
        self.guarded()
        self.consented()
        return Disclosure.objects.get()

    def line_of(self, **fields: Any) -> dict[str, Any]:
        """A demand as a body."""
        return {
            "name": "Site 8", "kind": "tower", "quantity": 2, "period": {"start": "2027-01-01", "end": "2032-01-01"},
            "location": {"type": "Point", "coordinates": [114.3055, 30.5928]}, "radius_m": 800, **fields,
        }  # fmt: skip

    def asset_of(self, **fields: Any) -> dict[str, Any]:
        return {
            "owner": "metro", "code": "WH-0001", "name": "东湖路灯杆", "kind": "tower",
            "place": {"type": "Point", "coordinates": [114.3055, 30.5928]}, "capacity": 3,
            "details": {"structure_type": "streetlight", "height_m": 12.0}, **fields,
        }  # fmt: skip

    def asked(self) -> dict[str, Any]:
        """A consent and what was shown of it."""
        consent = self.consent()
        return {"id": consent.pk, "fingerprint": asked_fingerprint(consent)}

    def consent(self) -> Any:
        return self.requested().consents.get()

    def agreement(self) -> Agreement:
        return self.approved()

    @cached_property
    def neighbour(self) -> Organization:
        """Another demander, for co-build groups."""
        return factories.organization("neighbour")

    def group(self) -> CobuildGroup:
        """Of the party and a neighbour, each with an unmet demand for a tower."""
        factories.unmet(factories.demand(self.list, name="Site 9"))
        factories.unmet(factories.demand(factories.demand_list(self.neighbour), name="Site N"))
        Outcome.objects.filter(pk=self.outcome.pk).update(met=True)
        regroup()
        return CobuildGroup.objects.get()

    def joined_group(self) -> CobuildGroup:
        return cobuild_groups.join(self.group(), actor=self.asker)

    def agreed_group(self) -> CobuildGroup:
        return cobuild_groups.join(self.joined_group(), actor=factories.member(self.neighbour))

    def held(self) -> Allocation:
        self.requested()
        return Allocation.objects.get()

    def event(self) -> Any:
        return self.requested().events.order_by("pk").first()

    def notification(self) -> Notification:
        self.requested()
        outbox.dispatch()
        return Notification.objects.get(recipient=self.people["owner manager"], channel="inbox")

    def delivery(self) -> WebhookDelivery:
        """One that failed for good."""
        self.requested()
        outbox.dispatch()
        delivery = WebhookDelivery.objects.get()
        WebhookAttempt.objects.create(
            delivery=delivery, started_at=timezone.now(), duration_ms=231, status_code=500, answer="out of order",
            error="HTTP 500",
        )  # fmt: skip
        WebhookDelivery.objects.filter(pk=delivery.pk).update(status="parked", attempts=10, last_error="HTTP 500")
        return delivery

    def fingerprint(self) -> dict[str, Any]:
        """A consented match and what was shown of it."""
        match = self.consented()
        return {"id": match.pk, "fingerprint": fingerprint_of(match)}
