from collections.abc import Iterator

import pytest
from django.conf import settings

from config.celery import app


@pytest.fixture(autouse=True, scope="session")
def nudges_reach_no_worker_of_this_machine() -> Iterator[None]:
    """Tests nudge a database of Redis that no worker of a running site listens to; it is emptied at the end."""
    address = settings.CELERY_BROKER_URL
    own = f"{address.split('?')[0]}?virtual_host=15" if "+socket" in address else f"{address.rsplit('/', 1)[0]}/15"
    app.conf.update(broker_url=own)
    yield
    with app.connection_for_write() as connection:
        connection.default_channel.client.flushdb()
