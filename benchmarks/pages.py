"""How fast the site's pages are on a million assets, with a list of three hundred lines answered, a third of them
requested and half of these consented. Times are those of whole requests, signed in by session, on the processor: of
this process and of its server process of PostgreSQL."""

import gc
import statistics
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse

from benchmarks.catalog import caller, fill
from benchmarks.figures import figure
from benchmarks.processor import busy_ms
from registry.kinds import Kind
from registry.models import Asset, Membership, Organization, Region, Role, Sector, User
from registry.models.region import GB_T_2260
from sharing.models import Demand, DemandList, Match
from sharing.monitoring.indicators import INDICATORS
from sharing.tasks.matching import carry_out
from sharing.workflow import consents, lists, matches

ROWS = 1_000_000
LINES, REQUESTED = 300, 100
ROUNDS = 12
LIMIT_MS = 150.0
PARTY, OWNER = "bench-6", "bench-3"


def pages(rows: int = ROWS) -> list[dict[str, Any]]:
    """Milliseconds of each page at the 95th percentile, as one of the three people."""
    fill(rows)
    owner, operator, regulator = caller(), client_of(PARTY), _regulator()
    asked = _answered_list()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    gc.collect()
    gc.freeze()
    figures = []
    with override_settings(ALLOWED_HOSTS=["testserver"], DEBUG=False):
        for person, client, addresses in (
            ("owner", owner, _of_owner()), ("operator", operator, _of_operator(asked)),
            ("regulator", regulator, _of_regulator()),
        ):  # fmt: skip
            for name, address in addresses.items():
                ms = _p95(client, address)
                figures.append(figure(f"page of the {person}, {name}, p95", ms, "ms", LIMIT_MS, None, ms <= LIMIT_MS))
    return figures


def _of_owner() -> dict[str, str]:
    assets, own = reverse("web:assets"), Asset.objects.filter(owner__code=OWNER)
    some = own.filter(kind=Kind.DUCT).first() or own.earliest("pk")
    return {
        "home": reverse("web:home"),
        "catalog": assets,
        "catalog, own ducts in use": f"{assets}?owner={OWNER}&kind=duct&status=in_service",
        "catalog, by text": f"{assets}?q=站 77",
        "catalog, in a box": f"{assets}?bbox=114.30,30.58,114.32,30.60",
        "catalog, places for the map": f"{reverse('web:asset-places')}?bbox=114.30,30.58,114.32,30.60",
        "catalog, by height": f"{assets}?kind=tower&height_m_min=40",
        "asset": reverse("web:asset", args=[some.pk]),
        "search": f"{reverse('web:search')}?q=站 777",
        "consents": reverse("web:consents"),
        "facilities": reverse("web:facilities"),
        "imports": reverse("web:imports"),
        "organization": reverse("web:organization", args=[OWNER]),
        "inbox": reverse("web:inbox"),
    }


def _of_operator(asked: DemandList) -> dict[str, str]:
    met = Match.objects.filter(demand__list=asked, rank=1).earliest("pk")
    unmet = Demand.objects.filter(list=asked).exclude(matches__rank=1).order_by("line").first()
    found = {
        "home": reverse("web:home"),
        "demand lists": reverse("web:demand-lists"),
        "results of a list": reverse("web:demand-list", args=[asked.pk]),
        "line that is met": reverse("web:demand", args=[met.demand_id]),
        "match": reverse("web:match", args=[met.pk]),
        "agreements": reverse("web:agreements"),
        "co-build groups": reverse("web:cobuild-groups"),
    }
    return found | ({"line that is not met": reverse("web:demand", args=[unmet.pk])} if unmet else {})


def _of_regulator() -> dict[str, str]:
    monitoring = {f"monitoring, {code}": reverse("web:indicator", args=[code]) for code in INDICATORS}
    return {
        "home": reverse("web:home"),
        "catalog": reverse("web:assets"),
        "monitoring": reverse("web:monitoring"),
        **monitoring,
        "audit": reverse("web:audit"),
        "admin": reverse("admin:index"),
        "admin, matches": reverse("admin:sharing_match_changelist"),
        "admin, assets": reverse("admin:registry_asset_changelist"),
        "admin, assets by text": f"{reverse('admin:registry_asset_changelist')}?q=站 77",
    }


def _p95(client: Client, address: str) -> float:
    """The first call warms up."""
    times = []
    for _round in range(ROUNDS + 1):
        started = busy_ms()
        response = client.get(address)
        response.getvalue() if response.streaming else response.content
        times.append(busy_ms() - started)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answers {response.status_code}")
    return statistics.quantiles(times[1:], n=20)[-1]


def client_of(code: str, username: str = "") -> Client:
    """A manager of an organization, by session."""
    organization = Organization.objects.get(code=code)
    user, _created = User.objects.get_or_create(username=username or f"bench of {code}")
    Membership.objects.get_or_create(user=user, organization=organization, defaults={"role": Role.MANAGER})
    client = Client()
    client.force_login(user)
    return client


def _regulator() -> Client:
    region, _created = Region.objects.get_or_create(
        scheme=GB_T_2260, code="420100", defaults={"name": "武汉市", "prefix": "4201"}
    )
    facts = {"name": "Regulator", "sector": Sector.OTHER, "region": region, "regulates": region}
    Organization.objects.get_or_create(code="bench-regulator", defaults=facts)
    return client_of("bench-regulator")


def _answered_list() -> DemandList:
    """Submitted, matched, and in part requested and consented, through the workflow."""
    party = Organization.objects.get(code=PARTY)
    asker = party.memberships.get().user
    places = Asset.objects.filter(kind=Kind.TOWER, protection="open").order_by("pk").values_list("geometry", flat=True)
    step = max(1, places.count() // LINES)
    asked = lists.create(party, title="bench", actor=asker)
    lines = [
        Demand(
            list=asked, line=line, name=f"Site {line}", kind=Kind.TOWER, location=place, radius_m=150,
            mounting_height_m=15 + line % 50, period=(date(2027, 1, 1), date(2030, 1, 1)),
        )
        for line, place in enumerate(places[: step * LINES : step], 1)
    ]  # fmt: skip
    lists.add_demands(asked, lines, actor=asker)
    with transaction.atomic():
        run = lists.submit(asked, actor=asker)
    carry_out(run.pk)
    proposed = Match.objects.filter(demand__list=asked, rank=1).order_by("pk")[:REQUESTED]
    for number, match in enumerate(proposed):
        matches.request(match, actor=asker)
        if number % 2:
            for consent in match.consents.select_related("owner"):
                consents.grant(consent, actor=_manager(consent.owner))
    asked.refresh_from_db()
    return asked


def _manager(owner: Organization) -> User:
    client_of(owner.code)
    found = owner.memberships.first()
    assert found is not None
    return found.user
