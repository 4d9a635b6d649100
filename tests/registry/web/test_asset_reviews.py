"""When a level of protection is to be reviewed, and who says that it stands."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from registry.asset_writing import change
from registry.errors import NotYours
from registry.models import Asset, Organization, Role
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/assets/reviews/"


@pytest.fixture
def grid() -> Organization:
    return factories.organization("grid", sector="power")


def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def days_to_review(asset: Asset) -> int | None:
    asset.refresh_from_db()
    return asset.protection_review_on and (asset.protection_review_on - timezone.localdate()).days


def test_the_database_sets_the_day_a_year_on_whoever_sets_the_level(grid: Organization):
    asset = factories.asset(grid)
    assert days_to_review(asset) is None
    Asset.objects.filter(pk=asset.pk).update(protection="restricted", protection_reason="grid")
    assert days_to_review(asset) == 365
    soon = timezone.localdate() + timedelta(days=9)
    Asset.objects.filter(pk=asset.pk).update(protection_review_on=soon)
    assert days_to_review(asset) == 9
    Asset.objects.filter(pk=asset.pk).update(name="renamed")
    assert days_to_review(asset) == 9
    Asset.objects.filter(pk=asset.pk).update(protection="core", protection_reason="grid")
    assert days_to_review(asset) == 365
    Asset.objects.filter(pk=asset.pk).update(
        protection="restricted", protection_reason="grid", protection_review_on=soon
    )
    assert days_to_review(asset) == 9
    Asset.objects.filter(pk=asset.pk).update(protection_review_on=None)
    assert days_to_review(asset) == 365
    Asset.objects.filter(pk=asset.pk).update(protection="open")
    assert days_to_review(asset) is None
    assert days_to_review(factories.asset(grid, protection="core")) == 365
    assert days_to_review(factories.asset(grid, protection="core", protection_review_on=soon)) == 9
    assert days_to_review(factories.asset(grid, protection_review_on=soon)) is None


def test_a_level_its_reason_and_its_review_are_changed_by_a_manager_alone(grid: Organization):
    asset = factories.asset(grid, protection="restricted")
    editor, manager = factories.member(grid, Role.EDITOR), factories.member(grid)
    later = timezone.localdate() + timedelta(days=700)
    for values in ({"protection": "open"}, {"protection_reason": "none"}, {"protection_review_on": later}):
        with pytest.raises(NotYours), transaction.atomic():
            change(asset, values, actor=editor)
    asset.refresh_from_db()
    assert (asset.protection, asset.protection_reason, days_to_review(asset)) == ("restricted", "grid", 365)
    with transaction.atomic():
        change(asset, {"protection_review_on": later}, actor=manager)
    assert days_to_review(asset) == 700


def test_a_manager_confirms_what_is_due(grid: Organization):
    codes = ("DUE-1", "OTHER-1", "LATER-1")
    due, other, later = (factories.asset(grid, code=code, protection="core") for code in codes)
    today = timezone.localdate()
    Asset.objects.filter(pk__in=[due.pk, other.pk]).update(protection_review_on=today)
    client = browser(factories.member(grid))
    page = client.get(ADDRESS).content.decode()
    assert "DUE-1" in page and "OTHER-1" in page and "LATER-1" not in page
    answer = client.post(ADDRESS, {"asset": [due.pk], "until": f"{today + timedelta(days=200)}"}, follow=True)
    assert "The level of 1 asset stands." in answer.content.decode()
    assert [days_to_review(one) for one in (due, other, later)] == [200, 0, 365]
    refused = client.post(ADDRESS, {"asset": [other.pk], "until": f"{today}"})
    assert refused.status_code == 400 and days_to_review(other) == 0


def test_others_confirm_nothing_and_see_nothing_due(grid: Organization):
    asset = factories.asset(grid, code="DUE-1", protection="core")
    today = timezone.localdate()
    Asset.objects.filter(pk=asset.pk).update(protection_review_on=today)
    for person in (factories.member(grid, Role.EDITOR), factories.member(factories.organization("other"))):
        client = browser(person)
        assert "DUE-1" not in client.get(ADDRESS).content.decode()
        answer = client.post(ADDRESS, {"asset": [asset.pk], "until": f"{today + timedelta(days=9)}"})
        assert answer.status_code == 403 and days_to_review(asset) == 0


def test_what_was_opened_meanwhile_is_said_and_what_was_chosen_stays_chosen(grid: Organization):
    codes = ("DUE-1", "DUE-2")
    first, second = (factories.asset(grid, code=code, protection="core") for code in codes)
    today = timezone.localdate()
    Asset.objects.update(protection_review_on=today)
    client, until = browser(factories.member(grid)), f"{today + timedelta(days=200)}"
    Asset.objects.filter(pk=first.pk).update(protection="open")

    late = client.post(ADDRESS, {"asset": [first.pk, second.pk], "until": until})

    page = late.content.decode()
    assert late.status_code == 400 and "An open asset has no level of protection to review." in page
    assert f'value="{second.pk}" checked' in page and days_to_review(second) == 0
    wrong = client.post(ADDRESS, {"asset": [second.pk], "until": f"{today}"}).content.decode()
    assert f'value="{second.pk}" checked' in wrong
    assert client.post(ADDRESS, {"asset": [second.pk], "until": until}).status_code == 302
    assert days_to_review(second) == 200
