"""Addresses of pages that hold what is not text."""

import pytest
from django.test import Client

from tests import factories


@pytest.mark.parametrize(
    "address",
    [
        "/organizations/%00/", "/organizations/?q=%00", "/monitoring/?region=%00", "/search/?q=%00", "/%00",
        "/monitoring/sharing-rate/rows/?by=region&key=%00", "/monitoring/audit/?text=%00", "/assets/?code=a%00b",
        "/admin/registry/asset/?owner__id__exact=%00",
    ],
)  # fmt: skip
def test_nul_is_a_bad_request_wherever_it_stands(db: None, address: str):
    client = Client()
    client.force_login(factories.member(factories.regulator("city", of=factories.WUHAN_CODE)))
    assert client.get(address).status_code == 400
