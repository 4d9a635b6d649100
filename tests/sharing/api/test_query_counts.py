"""Every list asks the database as often for many rows as for few."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.accounts import invitations, tokens
from registry.exports.jobs import rights_of
from registry.models import (
    Basis,
    Export,
    ExportJob,
    ImportJob,
    ImportTarget,
    JobStatus,
    PlaceGrant,
    Protection,
    Role,
    Scope,
    Sight,
    TerrainClass,
    Way,
)
from sharing.models import (
    CalendarDay,
    Channel,
    Frame,
    Inventory,
    Notification,
    Report,
    Sample,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from sharing.workflow.regrouping import regroup
from tests import factories
from tests.calls import Caller
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.world import World

pytestmark = pytest.mark.django_db

SINCE = "since=2026-01-01T00:00:00Z"
FILTERED = [
    "planned-facilities/?near=114.3,30.6&radius=9000&sector=transport",
    "demands/?near=114.3,30.6&radius=9000&region=42&status=matched",
    f"demand-lists/?region=42&{SINCE}",
    f"matches/?owner=metro&{SINCE}",
    f"consents/?region=42&kind=tower&party=telco&q=site&{SINCE}",
    "agreements/?region=42&kind=tower&owner=metro&q=site",
    f"allocations/?region=42&kind=tower&{SINCE}",
]
# As many as the registry computes.
STAYING = {"indicators/"}
LISTS = [operation.path for name, operation in OPERATIONS.items() if name.endswith("_list")]


def grow(world: World, count: int) -> None:
    for n in range(count):
        tower = factories.asset(world.metro, capacity=3, used=1, protection=Protection.RESTRICTED)
        demand = factories.demand(world.list, name=f"Site {n}")
        match = world.approved(factories.match(demand, [tower])).match
        for event in match.events.all():
            Notification.objects.create(event=event, recipient=world.officer, channel=Channel.INBOX)
        factories.match_run(factories.demand_list(world.party))
        endpoint = WebhookEndpoint.objects.create(organization=world.city, name="x", url=f"x{tower.pk}", secret="x")
        for event in match.events.all():
            delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
            WebhookAttempt.objects.create(delivery=delivery, started_at=event.occurred_at, duration_ms=1)
        for party in (world.party, world.neighbour):
            place = (115.0 + 0.05 * n, 30.0 + 0.05 * count)
            factories.unmet(factories.demand(factories.demand_list(party), at=place))
        Report.objects.create(organization=world.city, month=date(2000 + count, n + 1, 1))
        PlaceGrant.objects.create(
            organization=world.other, region=tower.region, starts_on="2026-01-01", ends_on="2026-02-01", reason="x",
            granted_by=world.officer,
        )  # fmt: skip
        Sample.objects.create(
            organization=world.city, drawn_by=world.officer, frame=Frame.ASSETS, seed="7", size=1, frame_size=1,
            criteria={"start": "2026-01", "end": "2026-02"}, members=[tower.pk],
        )  # fmt: skip
        Inventory.objects.create(organization=world.metro, taken_by=world.metro_manager)
        grow_files_and_keys(world)
        Sight.objects.create(
            viewer=world.officer, organization=world.city, basis=Basis.REGULATOR, way=Way.API,
            asset_number=tower.pk, asset_code=tower.code, owner=world.metro, region=tower.region,
            day=timezone.localdate(), seen_at=timezone.now(),
        )  # fmt: skip
        factories.organization(home=f"4203{count}{n}")
        CalendarDay.objects.create(calendar="CN", day=date(2030 + count, 1, n + 1), name="x")
        factories.planned_facility(world.metro)
        factories.terrain_area(world.metro, TerrainClass.ROCK, (115.0, 30.0, 115.1, 30.1))
    regroup()


def grow_files_and_keys(world: World) -> None:
    """What only the caller and the caller's organizations see."""
    Export.objects.create(person=world.officer, address="/api/v1/assets/", filename="assets.csv")
    ImportJob.objects.create(
        organization=world.city, target=ImportTarget.ASSETS, created_by=world.officer, filename="towers.csv",
        file="towers.csv", options={"kind": "tower", "dry_run": True}, status=JobStatus.DONE,
    )  # fmt: skip
    ExportJob.objects.create(
        requested_by=world.officer, resource="assets", format="csv", status=JobStatus.DONE, progress=100,
        filename="assets.csv", file="assets.csv", rights=rights_of(world.officer), finished_at=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    tokens.issue_personal(
        name="x", scopes=[Scope.READ], expires_at=timezone.now() + timedelta(days=1), actor=world.officer
    )
    tokens.issue_service(
        world.city, name="y", role=Role.EDITOR, scopes=[Scope.READ], actor=world.officer,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    number = world.city.invitations.count()
    invitations.invite(world.city, email=f"new-{number}@city.example", role=Role.EDITOR, actor=world.officer)


def test_lists_cost_the_same_for_many_rows():
    world = World()
    officer = Caller(world.officer)
    grow(world, 2)

    def queries() -> dict[str, int]:
        found = {}
        for path in LISTS + FILTERED:
            officer.get(path)
            with CaptureQueriesContext(connection) as asked:
                response = officer.get(path)
            found[path] = len(asked)
            assert response.status_code == 200
            shown[path] = len(response.json()["results"])
        return found

    shown: dict[str, int] = {}
    few, before = queries(), dict(shown)
    grow(world, 5)
    assert queries() == few
    assert {path for path in shown if shown[path] <= before[path]} == STAYING
    assert max(few[path] for path in LISTS) <= 18
    # Which regions are meant, and the limit of time.
    assert max(few[path] - few[path.partition("?")[0]] for path in FILTERED) <= 5
