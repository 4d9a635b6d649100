"""The pages of monitoring: figures as read, the rows behind them, files, and nothing of others."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from registry.models import Asset, Role
from sharing.models import Agreement
from sharing.monitoring.indicators import INDICATORS
from tests import factories
from tests.calls import body_of
from tests.sharing.scene import Scene


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def officer(scene: Scene) -> Client:
    return sign_in(scene.officer)


def read(client: Client, url: str) -> bytes:
    """A file to its end, which closes it."""
    response = client.get(url)
    assert response.status_code == 200
    return body_of(response)


def chart(response) -> dict:
    found = re.search(r'<script id="chart-data" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    return json.loads(found[1])


def test_the_first_page_says_each_indicator_in_one_number(scene: Scene, officer: Client):
    scene.approved()
    Asset.objects.filter(pk=scene.near.pk).update(weight_kg=5)

    cards = officer.get("/monitoring/").context["cards"]

    assert {card.indicator.code: card.headline for card in cards} == {
        "sharing-rate": "0.0 %",  # from next month on
        "demands-met": "100.0 %",
        "decision-days": "0",
        "builds-avoided": "1",
        "catalog-quality": "6.2 %",  # one of eight fields of two towers
    }


def test_a_figure_leads_to_its_rows_and_both_to_files(scene: Scene, officer: Client):
    agreement = scene.approved()
    month = f"{timezone.localdate():%Y-%m}"

    page = officer.get("/monitoring/builds-avoided/?by=sectors")
    [line] = page.context["lines"]
    assert (line.label, line.cells) == ("Transport → Telecom", ["1", "0", "0.0", "165,000", "25.5"])
    assert chart(page)["labels"] == ["Transport → Telecom"]
    assert "China Tower" in page.content.decode() and "assumed" in page.content.decode()

    rows = officer.get(line.url)
    assert rows.status_code == 200
    assert agreement.number in rows.content.decode() and "NEAR" in rows.content.decode()

    files = dict(page.context["files"])
    text = read(officer, files["csv"]).decode()
    assert list(csv.DictReader(io.StringIO(text))) == [
        {
            "key": "transport>telecom",
            "sectors": "Transport → Telecom",
            "builds_shared": "1",
            "builds_together": "0",
            "km_shared": "0",
            "cost": "165000",
            "co2_t": "25.5",
        }
    ]
    of_rows = dict(rows.context["files"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(read(officer, of_rows["xlsx"])))
    heading, row = book.get_sheet_by_index(0).to_python()
    told = dict(zip(heading, row, strict=True))
    assert (told["agreement"], told["owner"], told["quantity"]) == (agreement.number, "metro", 2)
    assert f"by=month&key={month}" in officer.get("/monitoring/builds-avoided/?by=month").context["lines"][0].url


@pytest.mark.parametrize("code", INDICATORS)
def test_every_row_of_every_breakdown_opens_as_a_page_and_as_files(scene: Scene, officer: Client, code: str):
    agreement = scene.approved()
    factories.allocate(scene.far, holder=scene.party)
    Agreement.objects.filter(pk=agreement.pk).update(created_at=timezone.now())
    for breakdown in INDICATORS[code].breakdowns:
        page = officer.get(f"/monitoring/{code}/?by={breakdown.code}")
        assert page.status_code == 200
        lines = page.context["lines"]
        assert lines, breakdown.code
        for line in lines:
            rows = officer.get(line.url)
            assert rows.status_code == 200
            first = line.cells[0] if code != "sharing-rate" else line.cells[1]
            assert len(rows.context["table"].page.object_list) == int(first), (breakdown.code, line)
            for url in dict(rows.context["files"]).values():
                assert len(read(officer, url)) > 20


def test_an_owner_sees_own_figures_only_and_strangers_none(scene: Scene):
    scene.approved()
    factories.allocate(scene.far, holder=scene.party)

    def owners(user) -> list[str]:
        return [line.label for line in sign_in(user).get("/monitoring/catalog-quality/?by=owner").context["lines"]]

    assert owners(scene.officer) == ["grid", "metro"] or owners(scene.officer) == ["metro", "grid"]
    assert owners(scene.metro_manager) == ["metro"]
    assert owners(scene.stranger) == []
    assert owners(factories.member(factories.regulator("far", of=factories.XIANGYANG))) == []
    # Neither by the address of another's rows.
    rows = sign_in(scene.metro_manager).get(f"/monitoring/catalog-quality/rows/?by=owner&key={scene.grid.pk}")
    assert len(rows.context["table"].page.object_list) == 0
    file = read(sign_in(scene.stranger), "/monitoring/builds-avoided/rows.csv?by=kind&key=tower")
    assert file.decode().count("\n") == 1


@pytest.mark.parametrize("length_m", [None, 321.5])
def test_of_an_asset_that_became_core_the_rows_behind_a_figure_tell_the_party_nothing(
    scene: Scene, length_m: float | None
):
    duct = factories.asset(scene.metro, "duct", code="DUCT-7", name="Under Lake Road")
    match = factories.match(factories.demand(scene.list, "duct"), [duct])
    match.legs.update(length_m=length_m)
    scene.approved(match)
    factories.protect(duct, "core")
    number = match.agreement.number
    length = str(length_m or Asset.objects.get(pk=duct.pk).length_m)
    secrets = ("DUCT-7", "Under Lake Road", "metro", "江岸区", length)

    def rows(user) -> str:
        client, path = sign_in(user), "builds-avoided/rows"
        file, page = (client.get(f"/monitoring/{path}{end}?by=kind&key=duct") for end in (".csv", "/"))
        api = client.get("/api/v1/indicators/builds-avoided/rows/?by=kind&key=duct").json()["results"]
        assert [row["values"]["quantity"] for row in api] == [1]
        return "".join([body_of(file).decode(), page.content.decode(), str(api)])

    party, owner = rows(scene.asker), rows(scene.metro_manager)
    assert number in party
    assert [text for text in secrets if text in party] == []
    assert [text for text in secrets if text not in owner] == []


def test_who_takes_no_part_stays_outside(db):
    assert Client().get("/monitoring/").status_code == 302
    assert sign_in(factories.user()).get("/monitoring/").status_code == 403


def test_what_is_not_there_is_not_found(officer: Client):
    for address in (
        "/monitoring/none/",
        "/monitoring/sharing-rate/?by=none",
        "/monitoring/sharing-rate/by-none.csv",
        "/monitoring/sharing-rate/by-kind.pdf",
        "/monitoring/sharing-rate/rows/?by=month&key=soon",
        "/monitoring/sharing-rate/rows/?by=sectors&key=power",
        "/monitoring/catalog-quality/rows/?by=owner&key=me",
        "/monitoring/sharing-rate/rows/?by=kind&key=castle",
        "/monitoring/sharing-rate/rows.pdf",
    ):
        assert officer.get(address).status_code == 404, address


def test_filters_narrow_and_say_what_is_wrong(scene: Scene, officer: Client):
    page = officer.get(f"/monitoring/catalog-quality/?by=kind&region={factories.WUCHANG}")
    assert [line.cells[0] for line in page.context["lines"]] == ["1"]
    assert page.context["lines"][0].url.count("region=") == 1
    wrong = officer.get("/monitoring/?start=2026-09&end=2026-01")
    assert wrong.context["filters"].errors == {"end": ["The last month comes before the first: change one of them."]}
    assert officer.get("/monitoring/?start=2001-01").context["filters"].errors["end"] == ["Ask for at most 60 months."]
    assert "start" in officer.get("/monitoring/?start=2026-13").context["filters"].errors
    # A region that is not the regulator's own is no choice.
    assert "region" in officer.get(f"/monitoring/?region={factories.XIANGYANG}").context["filters"].errors
    # An owner has no region to choose.
    assert "region" not in sign_in(scene.metro_manager).get("/monitoring/").context["filters"].fields


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_pages_cost_the_same_for_many_rows(scene: Scene, officer: Client):
    scene.approved()
    addresses = {
        "/monitoring/": 17,
        "/monitoring/sharing-rate/?by=region": 9,
        "/monitoring/demands-met/?by=month": 7,
        "/monitoring/decision-days/rows/?by=stage&key=answer": 7,
    }
    assert {address: queries(officer, address) for address in addresses} == addresses
    for n in range(3):
        tower = factories.asset(scene.metro, within=factories.WUCHANG)
        scene.approved(factories.match(factories.demand(scene.list, name=f"More {n}"), [tower]))
    assert {address: queries(officer, address) for address in addresses} == addresses


@pytest.mark.parametrize("address", ["/monitoring/audit/", "/monitoring/catalog-quality/rows/"])
def test_of_a_long_list_a_page_reads_what_it_shows(scene: Scene, officer: Client, address: str):
    scene.approved()
    with CaptureQueriesContext(connection) as queries:
        assert officer.get(address).status_code == 200
    table = "sharing_event" if "audit" in address else "registry_asset"
    read = [
        query["sql"]
        for query in queries
        if f'FROM "{table}"' in query["sql"] and not query["sql"].startswith("SELECT COUNT(*)")
    ]
    assert read and all(re.search(r"LIMIT 51( OFFSET \d+)?$", sql) for sql in read)


def test_chart_and_table_tell_the_same(scene: Scene, officer: Client):
    factories.allocate(scene.near, holder=scene.party, start=timezone.localdate() - timedelta(days=40))
    Asset.objects.update(created_at=timezone.now() - timedelta(days=500))
    page = officer.get("/monitoring/sharing-rate/?by=month")
    [series] = chart(page)["series"]
    shown = ["–" if value is None else f"{value:.1f} %" for value in series["values"]]
    assert chart(page)["labels"] == [line.label for line in page.context["lines"]]
    assert shown == [line.cells[2] for line in page.context["lines"]]
    assert shown[-1] == "50.0 %" and shown[0] == "0.0 %" and len(shown) == 12


def test_viewers_may_look(scene: Scene):
    assert sign_in(factories.member(scene.city, Role.VIEWER)).get("/monitoring/sharing-rate/").status_code == 200
