"""One object of every noun, one person of every role, and every operation of the API with who may do it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from registry import asset_writing
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
    ListStatus,
    Notification,
    Outcome,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.notifications import outbox
from sharing.notifications.webhooks import signing
from sharing.workflow import cobuild_groups
from sharing.workflow.fingerprint import asked_fingerprint, fingerprint_of
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.sharing.scene import Scene

SIDES = ("party", "owner", "other", "here", "above", "elsewhere")
ROLES = ("viewer", "editor", "manager")
ANONYMOUS, NOBODY = "anonymous", "nobody"
MEMBERS = frozenset(f"{side} {role}" for side in SIDES for role in ROLES)
EVERYONE = frozenset({ANONYMOUS, NOBODY, *MEMBERS})


def people(*sides: str, roles: tuple[str, ...] = ROLES) -> frozenset[str]:
    return frozenset(f"{side} {role}" for side in sides for role in roles)


EDITORS, MANAGERS = ("editor", "manager"), ("manager",)
OWNER_MANAGER = people("owner", roles=MANAGERS)
PARTY, OWNER, HERE = people("party"), people("owner"), people("here", "above")


class World(Scene):
    """The scene of the workflow's tests, with a person of each role on each side, and further nouns."""

    def __init__(self) -> None:
        super().__init__()
        organizations = {
            "party": self.party,
            "owner": self.metro,
            "other": factories.organization("other-party", sector=Sector.MUNICIPAL),
            "here": self.city,
            "above": self.province,
            "elsewhere": factories.regulator("elsewhere", of=factories.XIANGYANG),
        }
        self.people: dict[str, User | None] = {ANONYMOUS: None, NOBODY: factories.user("nobody")}
        for side, organization in organizations.items():
            for role in ROLES:
                self.people[f"{side} {role}"] = factories.member(organization, Role(role), f"{side}-{role}")
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

    def landed(self) -> ImportJob:
        """The spare asset came by a file."""
        self.job.landed_at = self.spare.created_at
        self.job.save()
        return self.job

    def change(self) -> Change:
        """That an editor of the owner renamed an asset, in another region now."""
        editor: Any = self.people["owner editor"]
        with acting(lambda: editor.pk):
            asset_writing.change(self.spare, {"name": "备用杆", "region": factories.region("420106")}, actor=editor)
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

    def guarded(self) -> Asset:
        """A restricted asset of the owner."""
        self.near.protection = Protection.RESTRICTED
        self.near.save()
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


@dataclass(frozen=True)
class Operation:
    """method, and path below /api/v1/ or from the root; call(world) gives the arguments of the path, and the body if
    there is one.

    does: who is answered with `status`. sees: who is refused with 403, for it is not theirs to do. All other members
    are answered with 404, as if there were no such object.
    """

    method: str
    path: str
    prepare: Callable[[World], Any] = lambda world: ((), None)
    does: frozenset[str] = MEMBERS
    sees: frozenset[str] = frozenset()
    status: int = 200
    upload: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def status_for(self, person: str) -> int:
        if person in self.does:
            return self.status
        if person == ANONYMOUS:
            return 401
        if person == NOBODY or person in self.sees:
            return 403
        return 404


def of(name: str, body: Any = None) -> Callable[[World], Any]:
    """The id of an attribute of the world (called where it is a method), and the body."""

    def prepare(world: World) -> Any:
        found = getattr(world, name)
        found = found() if callable(found) else found
        return (found.pk,), body

    return prepare


def body(make: Callable[[World], Any]) -> Callable[[World], Any]:
    return lambda world: ((), make(world))


def approval(world: World) -> Any:
    shown = world.fingerprint()
    return (shown["id"],), {"fingerprint": shown["fingerprint"]}


def token_body(world: World) -> Any:
    expires = (timezone.now() + timedelta(days=90)).isoformat()
    return (), {"name": "nightly import", "scopes": ["read", "write"], "expires_at": expires}


def of_failed(world: World) -> Any:
    """The endpoint, and since when to replay what failed there."""
    delivery = world.delivery()
    return (world.endpoint.pk,), {"since": (delivery.created_at - timedelta(hours=1)).isoformat()}


def file_of_assets(world: World) -> Any:
    content = b"code,lon,lat,height_m\nT-1,114.31,30.59,35\n"
    return (), {"file": SimpleUploadedFile("towers.csv", content), "owner": "metro", "kind": "tower"}


def file_of_demands(world: World) -> Any:
    content = b"name,kind,lon,lat,radius,start\nS-1,tower,114.31,30.59,500,2027-01-01\n"
    return (), {"file": SimpleUploadedFile("sites.csv", content), "party": "telco", "title": "2027"}


def what_if(world: World) -> Any:
    """A draft's line that only an added asset, or a wider circle, would meet."""
    factories.asset(world.metro, at=(114.3155, 30.5928), code="ASIDE")
    factories.demand(world.draft, at=(114.3255, 30.5928), radius_m=300.0)
    return (world.draft.pk,), {
        "lines": [{"lines": [2], "radius_m": 1200.0, "budget_times": 1.5, "later_days": 30}],
        "prices": [{"owner": "metro", "times": 0.9}],
        "assets": [{
            "kind": "tower", "place": {"type": "Point", "coordinates": [114.3256, 30.5928]}, "capacity": 3,
            "price_per_unit_year": 100.0, "details": {"structure_type": "monopole", "height_m": 30.0},
        }],
        "route_terms": {"duct": {"max_gap_share": 0.5, "terrain_cost_per_m": {"water": 150.0}}},
    }  # fmt: skip


def two_runs(world: World) -> Any:
    later = factories.match_run(world.list)
    factories.match(world.demand, [world.far], run=later, cost_per_year=2500)
    Outcome.objects.create(run=later, demand=world.demand, met=True)
    return (world.match.run_id, later.pk), None


END = {"reason": "Line rebuilt"}
REASON = {"reason": "planning"}
SEE_MATCH = PARTY | OWNER | HERE
SEE_LIST = PARTY | HERE

OPERATIONS: dict[str, Operation] = {
    "regions_list": Operation("GET", "regions/"),
    "regions_retrieve": Operation("GET", "regions/{}/", lambda world: (("420102",), None)),
    "organizations_list": Operation("GET", "organizations/"),
    "organizations_retrieve": Operation("GET", "organizations/{}/", lambda world: (("metro",), None)),
    "organizations_partial_update": Operation(
        "PATCH", "organizations/{}/", lambda world: (("metro",), {"contact_phone": "027-12345678"}),
        people("owner", roles=MANAGERS), MEMBERS,
    ),
    "assets_list": Operation("GET", "assets/"),
    "assets_retrieve": Operation("GET", "assets/{}/", of("near")),
    "assets_create": Operation(
        "POST", "assets/", body(World.asset_of), people("owner", roles=EDITORS), MEMBERS, 201
    ),
    "assets_bulk": Operation(
        "POST", "assets/bulk/", body(lambda world: [world.asset_of(), world.asset_of(code="WH-0002")]),
        people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "assets_partial_update": Operation(
        "PATCH", "assets/{}/", of("spare", {"name": "备用杆", "details": {"height_m": 15.0}}),
        people("owner", roles=EDITORS), MEMBERS,
    ),
    "assets_destroy": Operation(
        "DELETE", "assets/{}/", of("spare"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "assets_set_terms": Operation(
        "POST", "assets/terms/", body(lambda world: {
            "assets": [world.near.pk, world.spare.pk], "open_to_sectors": ["telecom"], "price_per_unit_year": 900,
        }), OWNER_MANAGER, MEMBERS,
    ),
    "assets_confirm_levels": Operation(
        "POST", "assets/confirm-levels/", body(lambda world: {
            "assets": [world.guarded().pk], "until": str(timezone.localdate() + timedelta(days=300)),
        }), OWNER_MANAGER, MEMBERS,
    ),
    "allocations_list": Operation("GET", "allocations/"),
    "allocations_retrieve": Operation("GET", "allocations/{}/", of("held"), SEE_MATCH),
    "planned_facilities_list": Operation("GET", "planned-facilities/"),
    "planned_facilities_retrieve": Operation("GET", "planned-facilities/{}/", of("facility")),
    "planned_facilities_create": Operation(
        "POST", "planned-facilities/", body(lambda world: {
            "owner": "metro", "code": "M8", "name": "Line 8", "facility_type": "subway", "region": "420102",
            "place": {"type": "LineString", "coordinates": [[114.3, 30.6], [114.32, 30.62]]},
            "request_by": "2027-06-30", "opens_on": "2031-01-01",
        }), people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "planned_facilities_partial_update": Operation(
        "PATCH", "planned-facilities/{}/", of("facility", {"stage": "design"}), people("owner", roles=EDITORS), MEMBERS
    ),
    "planned_facilities_destroy": Operation(
        "DELETE", "planned-facilities/{}/", of("facility"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "terrain_areas_list": Operation("GET", "terrain-areas/"),
    "terrain_areas_retrieve": Operation("GET", "terrain-areas/{}/", of("terrain")),
    "terrain_areas_create": Operation(
        "POST", "terrain-areas/", body(lambda world: {
            "owner": "metro", "code": "HILL", "name": "珞珈山", "terrain_class": "mountain",
            "place": {"type": "Polygon", "coordinates": [
                [[114.36, 30.53], [114.37, 30.53], [114.37, 30.54], [114.36, 30.53]],
            ]},
        }), people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "terrain_areas_partial_update": Operation(
        "PATCH", "terrain-areas/{}/", of("terrain", {"terrain_class": "rock"}), people("owner", roles=EDITORS), MEMBERS
    ),
    "terrain_areas_destroy": Operation(
        "DELETE", "terrain-areas/{}/", of("terrain"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "changes_list": Operation("GET", "changes/"),
    "changes_retrieve": Operation("GET", "changes/{}/", of("change"), OWNER | HERE),
    "disclosures_list": Operation("GET", "disclosures/"),
    "disclosures_retrieve": Operation("GET", "disclosures/{}/", of("disclosure"), SEE_MATCH),
    "sights_list": Operation("GET", "sights/"),
    "sights_retrieve": Operation("GET", "sights/{}/", of("sight"), OWNER | HERE),
    "exports_list": Operation("GET", "exports/"),
    "exports_retrieve": Operation(
        "GET", "exports/{}/", of("taken"), people("owner", roles=MANAGERS) | people("owner", roles=("viewer",)) | HERE
    ),
    "export_jobs_list": Operation("GET", "export-jobs/"),
    "export_jobs_retrieve": Operation("GET", "export-jobs/{}/", of("export"), people("owner", roles=MANAGERS)),
    "export_jobs_file": Operation("GET", "export-jobs/{}/file/", of("export"), people("owner", roles=MANAGERS)),
    "export_jobs_create": Operation(
        "POST", "export-jobs/", body(lambda world: {
            "resource": "assets", "format": "gpkg", "parameters": {"kind": "tower", "crs": "EPSG:4490"},
        }), status=202,
    ),
    "memberships_list": Operation("GET", "memberships/"),
    "memberships_retrieve": Operation("GET", "memberships/{}/", of("drafting"), OWNER),
    "memberships_partial_update": Operation(
        "PATCH", "memberships/{}/", of("drafting", {"role": "manager"}), OWNER_MANAGER, OWNER
    ),
    "memberships_destroy": Operation("DELETE", "memberships/{}/", of("drafting"), OWNER_MANAGER, OWNER, 204),
    "invitations_list": Operation("GET", "invitations/"),
    "invitations_retrieve": Operation("GET", "invitations/{}/", of("invitation"), OWNER_MANAGER),
    "invitations_create": Operation(
        "POST", "invitations/", body(lambda world: {
            "organization": "metro", "email": "new@metro.example", "role": "viewer",
        }), OWNER_MANAGER, MEMBERS, 201,
    ),
    "invitations_destroy": Operation("DELETE", "invitations/{}/", of("invitation"), OWNER_MANAGER, status=204),
    "tokens_list": Operation("GET", "tokens/"),
    "tokens_retrieve": Operation("GET", "tokens/{}/", of("token"), people("owner", roles=MANAGERS)),
    "tokens_create": Operation("POST", "tokens/", token_body, status=201),
    "tokens_destroy": Operation("DELETE", "tokens/{}/", of("token"), people("owner", roles=MANAGERS), status=204),
    "caller_retrieve": Operation("GET", "me/"),
    "demand_lists_list": Operation("GET", "demand-lists/"),
    "demand_lists_retrieve": Operation("GET", "demand-lists/{}/", of("draft"), PARTY),
    "demand_lists_create": Operation(
        "POST", "demand-lists/", body(lambda world: {"party": "telco", "title": "5G 2027"}),
        people("party", roles=EDITORS), MEMBERS, 201,
    ),
    "demand_lists_partial_update": Operation(
        "PATCH", "demand-lists/{}/", of("draft", {"title": "5G 2028"}), people("party", roles=EDITORS), PARTY
    ),
    "demand_lists_demands": Operation(
        "POST", "demand-lists/{}/demands/", lambda world: ((world.draft.pk,), [world.line_of()]),
        people("party", roles=EDITORS), PARTY, 201,
    ),
    "demand_lists_check": Operation(
        "POST", "demand-lists/{}/check/", lambda world: ((world.draft.pk,), [world.line_of()]), PARTY
    ),
    "demand_lists_submit": Operation(
        "POST", "demand-lists/{}/submit/", of("draft"), people("party", roles=EDITORS), PARTY, 202
    ),
    "demand_lists_rematch": Operation(
        "POST", "demand-lists/{}/rematch/", of("list"), people("party", roles=EDITORS), SEE_LIST, 202
    ),
    "demand_lists_what_if": Operation(
        "POST", "demand-lists/{}/what-if/", what_if, people("party", roles=EDITORS), PARTY
    ),
    "demand_lists_reopen": Operation(
        "POST", "demand-lists/{}/reopen/", of("list"), people("party", roles=EDITORS), SEE_LIST
    ),
    "demand_lists_close": Operation(
        "POST", "demand-lists/{}/close/", of("list"), people("party", roles=EDITORS), SEE_LIST
    ),
    "demands_list": Operation("GET", "demands/"),
    "demands_retrieve": Operation("GET", "demands/{}/", of("line"), PARTY),
    "demands_partial_update": Operation(
        "PATCH", "demands/{}/", of("line", {"quantity": 3}), people("party", roles=EDITORS), PARTY
    ),
    "demands_destroy": Operation(
        "DELETE", "demands/{}/", of("line"), people("party", roles=EDITORS), PARTY, 204
    ),
    "match_runs_list": Operation("GET", "match-runs/"),
    "match_runs_retrieve": Operation("GET", "match-runs/{}/", lambda world: ((world.match.run_id,), None), SEE_LIST),
    "match_runs_compare": Operation("GET", "match-runs/{}/compare/{}/", two_runs, SEE_LIST),
    "outcomes_list": Operation("GET", "outcomes/"),
    "outcomes_retrieve": Operation("GET", "outcomes/{}/", of("outcome"), SEE_LIST),
    "matches_list": Operation("GET", "matches/"),
    "matches_retrieve": Operation("GET", "matches/{}/", of("requested"), SEE_MATCH),
    "matches_request": Operation(
        "POST", "matches/{}/request/", of("match"), people("party", roles=MANAGERS), PARTY
    ),
    "matches_withdraw": Operation(
        "POST", "matches/{}/withdraw/", of("requested"), people("party", roles=MANAGERS), SEE_MATCH
    ),
    "matches_approve": Operation(
        "POST", "matches/{}/approve/", approval, people("here", "above", roles=MANAGERS), SEE_MATCH
    ),
    "matches_reject": Operation(
        "POST", "matches/{}/reject/", of("consented", REASON), people("here", "above", roles=MANAGERS), SEE_MATCH
    ),
    "matches_approve_many": Operation(
        "POST", "matches/approve/", body(lambda world: {"matches": [world.fingerprint()]})
    ),
    "matches_reject_many": Operation(
        "POST", "matches/reject/", body(lambda world: {"matches": [world.consented().pk], **REASON})
    ),
    "consents_list": Operation("GET", "consents/"),
    "consents_retrieve": Operation("GET", "consents/{}/", of("consent"), SEE_MATCH),
    "consents_grant": Operation(
        "POST", "consents/{}/grant/", of("consent", {"conditions": "By day only."}),
        people("owner", roles=MANAGERS), SEE_MATCH,
    ),
    "consents_refuse": Operation(
        "POST",
        "consents/{}/refuse/",
        of("consent", {"reason": "no_space"}),
        people("owner", roles=MANAGERS),
        SEE_MATCH,
    ),
    "consents_grant_many": Operation(
        "POST", "consents/grant/", body(lambda world: {"consents": [world.asked()], "conditions": "By day only."})
    ),
    "consents_refuse_many": Operation(
        "POST", "consents/refuse/", body(lambda world: {"consents": [world.asked()], "reason": "no_space"})
    ),
    "agreements_list": Operation("GET", "agreements/"),
    "agreements_retrieve": Operation("GET", "agreements/{}/", of("agreement"), SEE_MATCH),
    "agreements_end": Operation(
        "POST", "agreements/{}/end/", of("agreement", END), people("party", "owner", roles=MANAGERS), SEE_MATCH
    ),
    "agreements_renew": Operation(
        "POST",
        "agreements/{}/renew/",
        of("agreement", {"until": None}),
        people("party", roles=MANAGERS),
        SEE_MATCH,
        201,
    ),
    "cobuild_groups_list": Operation("GET", "cobuild-groups/"),
    "cobuild_groups_retrieve": Operation("GET", "cobuild-groups/{}/", of("joined_group"), SEE_LIST),
    "cobuild_groups_join": Operation(
        "POST", "cobuild-groups/{}/join/", of("group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_withdraw": Operation(
        "POST", "cobuild-groups/{}/withdraw/", of("joined_group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_decline": Operation(
        "POST", "cobuild-groups/{}/decline/", of("group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_close": Operation(
        "POST", "cobuild-groups/{}/close/", of("agreed_group", {"reason": "built"}),
        people("party", roles=MANAGERS), SEE_LIST,
    ),
    "events_list": Operation("GET", "events/"),
    "events_retrieve": Operation("GET", "events/{}/", of("event"), SEE_MATCH),
    "notifications_list": Operation("GET", "notifications/"),
    "notifications_retrieve": Operation(
        "GET", "notifications/{}/", of("notification"), people("owner", roles=MANAGERS)
    ),
    "notifications_read": Operation(
        "POST", "notifications/{}/read/", of("notification"), people("owner", roles=MANAGERS)
    ),
    "webhook_endpoints_list": Operation("GET", "webhook-endpoints/"),
    "webhook_endpoints_retrieve": Operation("GET", "webhook-endpoints/{}/", of("endpoint"), OWNER_MANAGER),
    "webhook_endpoints_create": Operation(
        "POST", "webhook-endpoints/", body(lambda world: {
            "organization": "metro", "name": "planning", "url": "https://hooks.metro.example/planning",
            "types": ["match.approved", "agreement.ended"],
        }), OWNER_MANAGER, MEMBERS, 201,
    ),
    "webhook_endpoints_partial_update": Operation(
        "PATCH", "webhook-endpoints/{}/", of("endpoint", {"types": [], "enabled": False}), OWNER_MANAGER
    ),
    "webhook_endpoints_destroy": Operation(
        "DELETE", "webhook-endpoints/{}/", of("endpoint"), OWNER_MANAGER, status=204
    ),
    "webhook_endpoints_rotate": Operation(
        "POST", "webhook-endpoints/{}/rotate/", of("endpoint", {"overlap_hours": 48}), OWNER_MANAGER
    ),
    "webhook_endpoints_test": Operation(
        "POST", "webhook-endpoints/{}/test/", of("endpoint"), OWNER_MANAGER, status=202
    ),
    "webhook_endpoints_replay": Operation(
        "POST", "webhook-endpoints/{}/replay/", of_failed, OWNER_MANAGER, status=202
    ),
    "webhook_deliveries_list": Operation("GET", "webhook-deliveries/"),
    "webhook_deliveries_retrieve": Operation("GET", "webhook-deliveries/{}/", of("delivery"), OWNER_MANAGER),
    "webhook_deliveries_replay": Operation(
        "POST", "webhook-deliveries/{}/replay/", of("delivery"), OWNER_MANAGER, status=202
    ),
    "mail_settings_retrieve": Operation("GET", "mail-settings/"),
    "mail_settings_partial_update": Operation(
        "PATCH", "mail-settings/", body(lambda world: {"timings": {"consent.due": "daily"}})
    ),
    "indicators_list": Operation("GET", "indicators/"),
    "indicators_retrieve": Operation("GET", "indicators/{}/", lambda world: (("sharing-rate",), None)),
    "calendar_days_list": Operation("GET", "calendar-days/"),
    "calendar_days_retrieve": Operation("GET", "calendar-days/{}/", of("day")),
    "import_jobs_list": Operation("GET", "import-jobs/"),
    "import_jobs_retrieve": Operation("GET", "import-jobs/{}/", of("job"), OWNER),
    "import_jobs_rejects": Operation("GET", "import-jobs/{}/rejects/", of("job"), OWNER),
    "import_jobs_land": Operation(
        "POST", "import-jobs/{}/land/", of("tried"), OWNER_MANAGER, OWNER, 202
    ),
    "import_jobs_undo": Operation("POST", "import-jobs/{}/undo/", of("landed"), OWNER_MANAGER, OWNER),
    "import_jobs_assets": Operation(
        "POST", "import-jobs/assets/", file_of_assets, people("owner", roles=MANAGERS), MEMBERS, 202, upload=True
    ),
    "import_jobs_demands": Operation(
        "POST", "import-jobs/demands/", file_of_demands, people("party", roles=EDITORS), MEMBERS, 202, upload=True
    ),
}  # fmt: skip


def at(*arguments: str) -> Callable[[World], Any]:
    return lambda world: (arguments, None)


QUAD = "WebMercatorQuad"
# Addresses below /ogc/, which have a document of their own. Wuhan lies in the tile 9/210/418 (zoom, row, column).
OGC: dict[str, Operation] = {
    "tile_matrix_sets": Operation("GET", "/ogc/tileMatrixSets", does=EVERYONE),
    "tile_matrix_set": Operation("GET", "/ogc/tileMatrixSets/{}", at(QUAD), EVERYONE),
    "tilesets": Operation("GET", "/ogc/tiles", does=EVERYONE),
    "tileset": Operation("GET", "/ogc/tiles/{}", at(QUAD), EVERYONE),
    "tile": Operation("GET", "/ogc/tiles/{}/{}/{}/{}", at(QUAD, "9", "210", "418")),
    "collection_tilesets": Operation("GET", "/ogc/collections/{}/tiles", at("towers"), EVERYONE),
    "collection_tileset": Operation("GET", "/ogc/collections/{}/tiles/{}", at("towers", QUAD), EVERYONE),
    "collection_tile": Operation(
        "GET", "/ogc/collections/{}/tiles/{}/{}/{}/{}", at("towers", QUAD, "9", "210", "418")
    ),
}

COLLECTIONS = ("towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands")
PAGES = ("", "api", "conformance", "collections")
OF_COLLECTION = ("", "/queryables", "/schema")


def feature(collection: str, name: str) -> Callable[[World], Any]:
    return lambda world: ((collection, getattr(world, name).pk), None)


# Those on a collection by one of each, as they do not differ but by what is in it.
OGC |= {
    **{f"ogc_{page or 'landing'}": Operation("GET", f"/ogc/{page}", does=EVERYONE) for page in PAGES},
    **{
        f"ogc_collection{page.replace('/', '_')}": Operation(
            "GET", f"/ogc/collections/{{}}{page}", at("demands"), EVERYONE
        )
        for page in OF_COLLECTION
    },
    **{f"ogc_{name}": Operation("GET", "/ogc/collections/{}/items", at(name)) for name in COLLECTIONS},
    "ogc_tower": Operation("GET", "/ogc/collections/{}/items/{}", feature("towers", "near")),
    "ogc_planned_facility": Operation(
        "GET", "/ogc/collections/{}/items/{}", feature("planned-facilities", "facility")
    ),
    "ogc_demand": Operation("GET", "/ogc/collections/{}/items/{}", feature("demands", "line"), PARTY),
}
