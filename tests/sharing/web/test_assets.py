from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.kinds import Kind
from registry.models import Asset, Organization, Protection, Purpose, Role
from tests import factories

pytestmark = pytest.mark.django_db
QUERIES = 12


def test_an_owner_sees_facts_the_whole_ledger_and_open_demand_near_it(client: Client, django_assert_num_queries):
    owner, tenant = factories.organization("owner"), factories.organization("tenant")
    mast = factories.asset(owner, code="T-1", capacity=4, used=1, details={"height_m": 35.0})
    factories.allocate(mast, 2, holder=tenant, end=timezone.localdate() + timedelta(days=365))
    factories.demand(factories.demand_list(owner), quantity=3)
    client.force_login(factories.member(owner, Role.EDITOR))

    with django_assert_num_queries(QUERIES):
        page = client.get(f"/assets/{mast.pk}/")

    text = page.content.decode()
    assert "<dt>Height, m</dt><dd>35</dd>" in text and "1 of 4 mounts" in text
    assert [line["purpose"] for line in page.context["lines"]] == ["Own use", "Granted"]
    assert text.count('class="units units-') == 2
    assert [demand.quantity for demand in page.context["nearby"]] == [3]


def test_what_ended_long_ago_keeps_nothing_of_now_out_of_the_ledger(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sharing.web.assets.MOST_LINES", 2)
    owner = factories.organization("owner")
    cable = factories.asset(owner, Kind.FIBER, capacity=4)
    today = timezone.localdate()
    for years in (4, 3, 2):
        start = today - timedelta(days=365 * years)
        factories.allocate(cable, start=start, end=start + timedelta(days=300))
    factories.allocate(cable, 2, start=today - timedelta(days=400), end=today - timedelta(days=364))
    client.force_login(factories.member(owner, Role.EDITOR))

    def shown() -> tuple[list[str], str]:
        page = client.get(f"/assets/{cable.pk}/")
        return [line["units"] for line in page.context["lines"]], page.content.decode()

    units, text = shown()
    assert units == ["1–2"] and "Only the first" not in text
    assert f'href="/api/v1/allocations/?asset={cable.pk}&amp;format=csv"' in text
    for _n in range(2):
        factories.allocate(cable)
    units, text = shown()
    assert units == ["1", "1–2"]
    assert "Only the first 2 lines of the ledger are shown: from unit 2 on units may be held that look free" in text


def test_others_see_neither_the_ledger_nor_the_place_of_what_is_restricted(client: Client):
    owner, party = factories.organization("owner"), factories.organization("party")
    duct = factories.asset(owner, Kind.DUCT, used=2, protection=Protection.RESTRICTED)
    stranger = factories.demand_list(factories.organization("third"))
    factories.demand(stranger, Kind.DUCT)
    client.force_login(factories.member(party, Role.MANAGER))

    page = client.get(f"/assets/{duct.pk}/")

    text = page.content.decode()
    assert page.context["lines"] == [] and list(page.context["nearby"]) == []
    assert f"This is a grid cell up to {Asset.objects.get().cell_km:.1f} km wide" in text and "Length" not in text
    assert "114.3055" not in text


def test_the_lengths_that_an_owner_declares_are_shown_with_the_exact_place_only(client: Client):
    owner = factories.organization("owner")
    details = {"cable_length_m": 6047.5, "route_length_m": 5987.6, "splices": 4}
    cable = factories.asset(owner, Kind.FIBER, protection=Protection.RESTRICTED, details=details)

    def told(reader: Organization) -> list[str]:
        client.force_login(factories.member(reader, Role.EDITOR))
        names = ("Length of the cable, m", "Length of the route, m", "Splices")
        return [fact.value for fact in client.get(f"/assets/{cable.pk}/").context["facts"] if fact.name in names]

    assert told(owner) == ["6047.5", "5987.6", 4]
    assert told(factories.organization("party")) == [4]


def test_an_owner_is_told_how_much_others_ask_for_in_its_square_but_not_who_or_where(client: Client):
    owner = factories.organization("owner")
    mast = factories.asset(owner, capacity=4)
    for name, lines in (("one-party", 2), ("other-party", 1), ("third-party", 1)):
        asked = factories.demand_list(factories.organization(name))
        for _line in range(lines):
            factories.demand(asked, quantity=2)
    factories.demand(factories.demand_list(factories.organization("drafting"), "draft"), quantity=50)
    factories.demand(factories.demand_list(factories.organization("far-away")), at=(100.0, 30.0), quantity=50)
    client.force_login(factories.member(owner, Role.EDITOR))

    text = client.get(f"/assets/{mast.pk}/").content.decode()

    assert "4 lines of others in this square of 5.6 km" in text and "8 mounts" in text
    assert not any(name in text for name in ("one-party", "other-party", "third-party"))


def test_of_too_few_lines_of_others_no_number_is_told(client: Client):
    owner = factories.organization("owner")
    mast = factories.asset(owner, capacity=4)
    for name in ("one", "other"):
        factories.demand(factories.demand_list(factories.organization(name)), quantity=7)
    client.force_login(factories.member(owner, Role.EDITOR))

    text = client.get(f"/assets/{mast.pk}/").content.decode()

    assert "too few to say how many" in text and "lines of others" not in text


def test_whoever_does_not_own_it_is_told_nothing_of_what_others_ask_for(client: Client):
    mast = factories.asset(factories.organization("owner"), capacity=4)
    for name in ("one", "other"):
        asked = factories.demand_list(factories.organization(name))
        factories.demand(asked)
        factories.demand(asked)
    client.force_login(factories.member(factories.organization("reader"), Role.EDITOR))

    text = client.get(f"/assets/{mast.pk}/").content.decode()

    assert "lines of others" not in text and "Others ask" not in text


@pytest.mark.parametrize(
    ("protection", "rung", "km"), [("restricted", 0, "1.1"), ("restricted", 2, "4.5"), ("core", 0, "5.6")]
)
def test_the_width_of_a_cell_is_told_as_it_is(protection: str, rung: int, km: str):
    assert f"{Asset(kind=Kind.TOWER, protection=protection, near_rung=rung).cell_km:.1f}" == km


def test_an_asset_that_may_not_be_known_is_as_if_it_were_not_there(client: Client):
    core = factories.asset(factories.organization("owner"), protection=Protection.CORE)
    client.force_login(factories.member(factories.organization("party"), Role.MANAGER))

    hidden, absent = client.get(f"/assets/{core.pk}/"), client.get(f"/assets/{core.pk + 1}/")

    assert hidden.status_code == absent.status_code == 404
    assert (hidden.context["title"], hidden.context["reason"]) == (absent.context["title"], absent.context["reason"])


def test_a_tenant_sees_its_own_lines_alone(client: Client):
    owner, tenant = factories.organization("owner"), factories.organization("tenant")
    mast = factories.asset(owner, capacity=4, used=1)
    factories.allocate(mast, 1, holder=tenant, purpose=Purpose.GRANTED)
    client.force_login(factories.member(tenant, Role.VIEWER))

    page = client.get(f"/assets/{mast.pk}/")

    assert [str(line["holder"]) for line in page.context["lines"]] == ["tenant"]
