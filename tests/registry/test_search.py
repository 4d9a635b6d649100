"""How a page of a long list is found: what is few is gathered and sorted, else ids are read until it is full."""

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection

from registry import search
from registry.asset_filters import may_leave_few
from registry.models import Asset
from tests import factories


class Planned:
    """A list of which PostgreSQL expects what it is told: the plan of a page, and the cost of finding all rows."""

    def __init__(self, page: dict[str, Any], cost: float) -> None:
        self.page, self.cost, self.whole = page, cost, True

    def order_by(self, *_fields: str) -> "Planned":
        return self

    def values(self, *_fields: str) -> "Planned":
        return self

    def __getitem__(self, _part: slice) -> "Planned":
        return PageOf(self.page, self.cost)

    def explain(self, format: str) -> str:
        return json.dumps([{"Plan": {"Node Type": "Bitmap Heap Scan", "Plan Rows": 1, "Total Cost": self.cost}}])


class PageOf(Planned):
    def explain(self, format: str) -> str:
        return json.dumps([{"Plan": {"Node Type": "Limit", "Total Cost": 100.0, "Plans": [self.page]}}])


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
    assert search.are_few(Planned({"Node Type": node, "Plan Rows": rows}, cost)) is few  # type: ignore[arg-type]


def test_what_lies_together_is_sorted_though_that_is_dearer():
    found: Any = Planned({"Node Type": "Index Scan", "Plan Rows": 20_000}, 10**9)
    assert search.are_few(found, together=True)
    found.page["Plan Rows"] += 1
    assert not search.are_few(found, together=True)


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
