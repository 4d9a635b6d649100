"""Pages of lists, whatever number the address says."""

import pytest
from django.test import Client

from registry.web.tables import PER_PAGE
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    owner = factories.organization()
    for n in range(PER_PAGE + 2):
        factories.asset(owner, code=f"T-{n:03}")
    client = Client()
    client.force_login(factories.member(owner))
    return client


def codes(client: Client, query: str) -> list[str]:
    answer = client.get(f"/assets/?{query}")
    assert answer.status_code == 200
    return [row.record.code for row in answer.context["table"].page.object_list]


def test_a_page_holds_as_many_rows_as_the_site_says(client: Client):
    assert len(codes(client, "per_page=1000000")) == len(codes(client, "per_page=-5")) == PER_PAGE
    assert len(codes(client, "page=2")) == 2


@pytest.mark.parametrize("page", ["3", "0", "-1", "x", "1.5", "9" * 18, "9" * 5000, ""])
def test_a_page_that_is_not_there_is_the_first(client: Client, page: str):
    assert codes(client, f"page={page}") == codes(client, "")
