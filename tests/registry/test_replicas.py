"""Without a replica, and of what is no position. With a real one: tests/assurance/test_replica.py."""

import pytest
from django.http import HttpRequest, HttpResponse

from registry import replicas


@pytest.mark.parametrize(
    ("lsn", "position"),
    [("0/0", 0), ("0/1A", 26), ("2/1", 2 * 2**32 + 1), ("FFFFFFFF/FFFFFFFF", 2**64 - 1), ("", 0), (None, 0), ("1/", 0),
     ("1/2;", 0), ("g/1", 0), ("1/123456789", 0)],
)  # fmt: skip
def test_a_position_in_the_log_is_a_number_and_what_is_none_is_0(lsn: str | None, position: int) -> None:
    assert replicas.position(lsn) == position


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_replica_the_primary_is_read(method: str) -> None:
    request = HttpRequest()
    request.method = method
    aliases = []

    def page(request: HttpRequest) -> HttpResponse:
        aliases.append(replicas.alias())
        return HttpResponse()

    replicas.may_lag(page)(request)
    replicas.lagging(lambda: aliases.append(replicas.alias()), has=lambda: True)
    assert aliases == ["default", "default"]


def test_nothing_is_migrated_or_written_on_the_replica() -> None:
    router = replicas.Router()
    assert (router.allow_migrate("replica", "registry"), router.allow_migrate("default", "registry")) == (False, True)
    assert router.db_for_write(object) == "default"
