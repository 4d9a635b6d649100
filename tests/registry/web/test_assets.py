import pytest
from django.test import Client

from registry.models import Protection, Role
from tests import factories

pytestmark = pytest.mark.django_db
QUERIES = 4


def test_the_catalog_lists_what_its_reader_may_know_of_the_newest_first(client: Client, django_assert_num_queries):
    owner, reader = factories.organization("owner"), factories.member(factories.organization(), Role.VIEWER)
    factories.asset(owner, code="A-1", capacity=4, used=1)
    factories.asset(owner, code="A-2")
    factories.asset(owner, code="SECRET", protection=Protection.CORE)
    client.force_login(reader)

    with django_assert_num_queries(QUERIES):
        page = client.get("/assets/")

    assert [row.record.code for row in page.context["table"].page.object_list] == ["A-2", "A-1"]
    assert "3 / 4 mounts" in page.content.decode()
    assert "SECRET" not in page.content.decode()


def test_the_catalog_is_for_those_who_take_part(client: Client):
    client.force_login(factories.user())

    assert client.get("/assets/").status_code == 403
