"""The client of the documentation, as its own process, against a served site and a real Celery worker."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from registry.accounts import tokens
from registry.models import Asset, Role, Scope, Sector
from tests import factories
from tests.journeys.services import Service

CLIENT = settings.BASE_DIR / "docs" / "client.py"


@pytest.fixture
def worker(transactional_db: None, folder: Path, redis: Service, nudging: None) -> Iterator[Service]:
    """Carries out what this process nudges; without beat, so that only the nudge can have started it."""
    database = os.environ.get("DATABASE_URL", "postgis:///infrashare").rpartition("/")[0]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{database}/{connection.settings_dict['NAME']}",
        "REDIS_URL": f"unix://{folder}/sock?db=0",
        "EMAIL_URL": "dummymail://",
    }
    service = Service(
        folder, [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"], environment
    )
    service.start()
    yield service
    service.kill()


def test_the_client_lists_an_asset_posts_a_list_and_reads_its_matches(worker: Service, live_server: Any):
    telco = factories.organization("telco", sector=Sector.TELECOM)
    metro = factories.organization("metro", sector=Sector.TRANSPORT)
    factories.asset(metro, code="NEAR", capacity=2)
    editor = factories.member(telco, Role.EDITOR)
    _token, secret = tokens.issue_personal(
        name="client",
        scopes=[Scope.READ, Scope.WRITE],
        expires_at=timezone.now() + timedelta(days=1),
        actor=editor,
    )
    ended = subprocess.run(
        [sys.executable, str(CLIENT), live_server.url, "telco"],
        env={**os.environ, "INFRASHARE_TOKEN": secret}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert (said["run"], [leg["asset_code"] for match in said["matches"] for leg in match["legs"]]) == (
        "done",
        ["NEAR"],
    )
    assert Asset.objects.filter(owner=telco, code=said["asset"], tower__height_m=12).exists()


def test_the_client_is_short():
    assert len(CLIENT.read_text("utf-8").splitlines()) < 60
