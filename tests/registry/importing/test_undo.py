"""An import taken back: only what it created, and only while nothing uses it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from registry import tasks
from registry.errors import WrongState
from registry.importing.queueing import queue
from registry.importing.undo import undo
from registry.kinds import Kind
from registry.models import Allocation, Asset, ImportJob, ImportTarget, Organization, Protection, Purpose, Role, User
from tests import factories

pytestmark = pytest.mark.django_db
FILE = "code,lon,lat,mounts,used_units,height_m\nT-1,114.31,30.59,4,1,35\nT-2,114.32,30.59,4,0,20\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def owner() -> Organization:
    return factories.organization("grid")


@pytest.fixture
def manager(owner: Organization) -> User:
    return factories.member(owner, Role.MANAGER)


def landed(owner: Organization, actor: User, content: str = FILE) -> ImportJob:
    file: Any = SimpleUploadedFile("towers.csv", content.encode())
    job = queue(owner, ImportTarget.ASSETS, file, {"kind": "tower"}, actor=actor)
    tasks.import_assets()
    job.refresh_from_db()
    assert job.status == "done", job.error
    return job


def codes() -> list[str]:
    return list(Asset.objects.order_by("code").values_list("code", flat=True))


def test_what_an_import_created_goes_with_its_own_use_and_what_it_changed_stays(owner: Organization, manager: User):
    before = factories.asset(owner, code="T-2", details={"height_m": 10.0})
    factories.asset(owner, code="OTHER")
    job = landed(owner, manager)
    assert codes() == ["OTHER", "T-1", "T-2"]
    assert Allocation.objects.filter(asset__code="T-1", purpose=Purpose.OWN_USE).count() == 1

    assert undo(job.pk, actor=manager) == 1

    assert codes() == ["OTHER", "T-2"]
    before.tower.refresh_from_db()
    assert before.tower.height_m == 20
    assert Allocation.objects.count() == 0
    job.refresh_from_db()
    assert job.undone_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_imports_is_undone_alone(owner: Organization, manager: User):
    landed(owner, manager)
    second = landed(owner, manager, "code,lon,lat\nT-3,114.33,30.59\n")

    assert undo(second.pk, actor=manager) == 1

    assert codes() == ["T-1", "T-2"]


@pytest.mark.parametrize("purpose", [Purpose.GRANTED, Purpose.RESERVED])
def test_units_that_anyone_holds_keep_all_of_it(owner: Organization, manager: User, purpose: Purpose):
    job = landed(owner, manager)
    tenant = factories.organization("tenant")
    end = timezone.localdate() + timedelta(days=9)
    factories.allocate(Asset.objects.get(code="T-2"), holder=tenant, purpose=purpose, end=end)
    lines = Allocation.objects.count()

    with pytest.raises(WrongState, match=r"in use\. Units are held of T-2"):
        undo(job.pk, actor=manager)

    assert (codes(), Allocation.objects.count()) == (["T-1", "T-2"], lines)
    job.refresh_from_db()
    assert job.undone_at is None


def test_an_answer_with_one_of_them_keeps_all_and_is_not_told_of(owner: Organization, manager: User):
    job = landed(owner, manager)
    demand = factories.demand(factories.demand_list(factories.organization("tenant")))
    factories.match(demand, [Asset.objects.get(code="T-1")])

    with pytest.raises(WrongState) as refusal:
        undo(job.pk, actor=manager)

    assert refusal.value.message == "Not undone, as what it created is in use."
    assert codes() == ["T-1", "T-2"]
    assert Allocation.objects.filter(asset__code="T-1").count() == 1


def test_it_is_for_managers_of_the_owner_and_done_once(owner: Organization, manager: User):
    job = landed(owner, manager)
    for stranger in (factories.member(owner, Role.EDITOR), factories.member(factories.organization(), Role.MANAGER)):
        with pytest.raises(PermissionDenied):
            undo(job.pk, actor=stranger)
    undo(job.pk, actor=manager)

    with pytest.raises(WrongState, match="once"):
        undo(job.pk, actor=manager)


def test_another_kind_of_the_same_owner_stays(owner: Organization, manager: User):
    job = landed(owner, manager)
    duct = factories.asset(owner, Kind.DUCT, protection=Protection.CORE)
    Asset.objects.filter(pk=duct.pk).update(created_at=job.landed_at)

    undo(job.pk, actor=manager)

    assert codes() == [duct.code]
