"""Whatever leaves as a file is recorded, by whichever door; and the record stays."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone

from registry import tasks
from registry.accounts import tokens
from registry.kinds import Kind
from registry.models import Export, Protection, Role, Scope, Sight, User
from tests import factories
from tests.calls import Caller, body_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    made = factories.member(factories.organization("metro"), Role.MANAGER, "manager")
    factories.asset(made.memberships.get().organization, Kind.TOWER, code="T")
    return made


def exports() -> list[tuple[Any, ...]]:
    return list(
        Export.objects.order_by("pk").values_list(
            "person__username", "token", "address", "filename", "parameters", "rows"
        )
    )


def test_each_door_leaves_a_record(manager: User):
    client = Client()
    client.force_login(manager)
    doors = {
        "/api/v1/assets/?format=csv&kind=tower": ("assets.csv", {"format": "csv", "kind": "tower"}),
        "/api/v1/assets/?format=xlsx": ("assets.xlsx", {"format": "xlsx"}),
        "/admin/registry/asset/export/csv/": ("assets.csv", {}),
        "/monitoring/audit.csv?of=sights": ("audit.csv", {"of": "sights"}),
    }
    for door in doors:
        answer = client.get(door)
        assert answer.status_code == 200, door
        body_of(answer)

    assert exports() == [
        ("manager", None, door.partition("?")[0], name, parameters, None)
        for door, (name, parameters) in doors.items()
    ]  # fmt: skip


def test_pages_refusals_and_strangers_leave_none(manager: User):
    client = Client()
    assert client.get("/api/v1/assets/?format=csv").status_code == 401
    client.force_login(manager)
    for path, status in (("/assets/", 200), ("/api/v1/assets/", 200), ("/api/v1/assets/?format=xlsx&limit=1", 400)):
        assert client.get(path).status_code == status
    assert exports() == []


def test_a_file_that_was_ordered_by_a_token_is_recorded_with_it_once_and_its_sights_too(
    manager: User, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    officer = factories.member(factories.regulator("city"), Role.VIEWER, "officer")
    factories.asset(manager.memberships.get().organization, Kind.TOWER, code="R", protection=Protection.RESTRICTED)
    end = timezone.now() + timezone.timedelta(days=1)
    token, secret = tokens.issue_personal(name="x", scopes=[Scope.READ], expires_at=end, actor=officer)
    caller = Caller(secret=secret)
    ordered = caller.post("export-jobs/", {"resource": "assets", "format": "csv", "parameters": {"kind": "tower"}})

    tasks.make_exports()
    assert body_of(caller.get(f"export-jobs/{ordered.json()['id']}/file/")).count(b"\n") == 3

    assert exports() == [("officer", token.pk, "/api/v1/assets/", "assets.csv", {"kind": "tower"}, 2)]
    assert list(Sight.objects.values_list("asset_code", "way", "token")) == [("R", "file", token.pk)]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE registry_export SET address = ''", "DELETE FROM registry_export", "TRUNCATE registry_export CASCADE"],
)
def test_the_record_stays_whoever_writes(manager: User, statement: str):
    Export.objects.create(person=manager, address="/x/", filename="x.csv")
    with pytest.raises(DatabaseError, match="append"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")
    assert Export.objects.count() == 1


def test_colleagues_managers_and_the_regions_regulators_read_it(manager: User):
    of = manager.memberships.get().organization
    editor = factories.member(of, Role.EDITOR, "editor")
    Export.objects.create(person=editor, address="/x/", filename="x.csv")
    officer = factories.member(factories.regulator("city"), Role.VIEWER)
    stranger = factories.member(factories.organization("telco"), Role.MANAGER)

    seen = [
        Export.objects.visible_to(User.objects.get(pk=one.pk)).count() for one in (editor, manager, officer, stranger)
    ]
    assert seen == [1, 1, 1, 0]


def test_a_manager_reads_nothing_of_who_belongs_elsewhere_too(manager: User):
    """What a regulator took along is no matter of a party, whichever he joined."""
    of, other = manager.memberships.get().organization, factories.organization("telco")
    officer = factories.member(factories.regulator("city"), Role.MANAGER, "officer")
    Export.objects.create(person=officer, address="/x/", filename="x.csv")
    officer.memberships.create(organization=of)
    both = factories.member(other, Role.MANAGER, "both")
    Export.objects.create(person=both, address="/y/", filename="y.csv")
    both.memberships.create(organization=of)

    def seen() -> list[str]:
        return sorted(Export.objects.visible_to(User.objects.get(pk=manager.pk)).values_list("filename", flat=True))

    assert seen() == []
    manager.memberships.create(organization=other, role=Role.VIEWER)
    assert seen() == []
    manager.memberships.filter(organization=other).update(role=Role.MANAGER)
    assert seen() == ["y.csv"]
