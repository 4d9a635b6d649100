"""How a page of a long list is found: what is few is gathered and sorted, else ids are read until it is full."""

from datetime import date

import pytest
from django.db import connection

from registry import search
from registry.asset_filters import may_leave_few
from registry.models import Asset
from tests import factories


def sorting_is_better(node: str, rows: int, cost: float, *, together: bool = False) -> bool:
    """Where reading in order costs 100, and finding all rows `cost`."""
    page = {"Node Type": "Limit", "Total Cost": 100.0, "Plans": [{"Node Type": node, "Plan Rows": rows}]}
    found = {"Node Type": "Bitmap Heap Scan", "Plan Rows": 1, "Total Cost": cost}
    return search.sorting_is_better(page, found, together=together)


@pytest.mark.parametrize(
    ("node", "rows", "cost", "few"),
    [
        ("Sort", 500_000, 10**9, True),
        ("Index Scan", 20_001, 1.0, False),
        ("Index Scan", 20_000, 500.0, True),
        ("Index Scan", 20_000, 500.1, False),
    ],
)
def test_what_is_found_at_once_is_few_and_not_much_dearer(node: str, rows: int, cost: float, few: bool):
    assert sorting_is_better(node, rows, cost) is few


def test_what_lies_together_is_sorted_though_that_is_dearer():
    assert sorting_is_better("Index Scan", 20_000, 10**9, together=True)
    assert not sorting_is_better("Index Scan", 20_001, 10**9, together=True)


@pytest.mark.django_db
def test_both_plans_are_asked_for_in_one_trip(django_assert_num_queries):
    with django_assert_num_queries(1):
        search.are_few(Asset.objects.filter(code="T-1"))


@pytest.mark.django_db
def test_what_django_knows_to_be_empty_is_few_and_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert search.are_few(Asset.objects.none())


@pytest.mark.django_db
def test_what_few_assets_are_has_an_index_of_its_own():
    owner = factories.organization()
    planned = {"status": "planned", "available_from": date(2030, 1, 1)}
    rare = [planned, {"protection": "core"}, {"protection": "restricted"}]
    drafts = [factories.draft_asset(owner, **fields) for fields in [*rare * 3, *[{}] * 2_000]]
    Asset.objects.bulk_create(drafts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registry_asset")
    assets = Asset.objects.order_by("pk").values("pk")
    for found, index in (
        (assets.filter(status="planned"), "asset_not_in_service"),
        (assets.filter(status__in=["planned", "out_of_service"]), "asset_not_in_service"),
        (assets.filter(protection="core"), "asset_protected"),
        (assets.filter(protection__in=["core", "restricted"]), "asset_protected"),
        (Asset.objects.due_for_review(date(2020, 1, 1)).filter(owner=owner).values("pk"), "asset_review"),
    ):
        assert index in found.explain(), index


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        (["q"], True),
        (["bbox", "kind"], True),
        (["owner"], False),
        (["kind", "status"], False),
        (["owner", "kind"], True),
        ([], False),
    ],
)
def test_the_plan_is_asked_for_where_filters_may_leave_few(filters: list[str], asked: bool):
    assert may_leave_few(filters) is asked
