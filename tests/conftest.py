from collections.abc import Iterator

import pytest

from config.celery import app


@pytest.fixture(autouse=True, scope="session")
def nudges_reach_no_worker_of_this_machine() -> Iterator[None]:
    """Tests nudge a queue of their own process; journeys that need workers start a Redis of their own."""
    app.conf.update(broker_url="memory://")
    yield
