"""Demand lists on the site: who sees and does what, and what is refused."""

from dataclasses import replace
from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.exports.formats import FORMATS
from registry.importing.jobs import carry_out_next
from registry.models import ImportJob, Role
from sharing.importing import demand_jobs
from sharing.models import Demand, DemandList, ListStatus, Match, MatchRun, RunStatus
from tests import factories
from tests.meanwhile import change_before
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    return factories.demand_list(scene.party, ListStatus.DRAFT, title="Draft 2027")


def page(demand_list: DemandList, name: str = "demand-list", *args: object) -> str:
    return reverse(f"web:{name}", args=[demand_list.pk, *args])


def test_a_list_is_started_by_an_editor_of_the_party(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.drafter)

    response = client.post("/lists/new/", {"party": scene.party.pk, "title": " 5G 2028 "})

    made = DemandList.objects.latest("pk")
    assert (made.title, made.party, made.status) == ("5G 2028", scene.party, ListStatus.DRAFT)
    assert response["Location"] == page(made)
    assert "5G 2028" in client.get("/lists/").content.decode()


def test_a_list_for_another_party_is_refused_in_place(scene: Scene, sign_in: SignIn):
    response = sign_in(scene.drafter).post("/lists/new/", {"party": scene.metro.pk, "title": "Mine"})

    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["party"]
    assert not DemandList.objects.filter(title="Mine").exists()


def test_a_draft_is_as_absent_to_others(scene: Scene, sign_in: SignIn, draft: DemandList):
    addresses = [
        page(draft), page(draft, "demand-list-near"), page(draft, "demand-list-progress"), page(draft, "demand-paste"),
        page(draft, "demand-list-compare"), page(draft, "demand-list-print"), page(draft, "demand-new", "tower"),
    ]  # fmt: skip
    for person in (scene.metro_manager, scene.officer):
        client = sign_in(person)
        assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
        assert client.post(page(draft, "demand-list-do", "submit")).status_code == 404


TOWER = {
    "lon": "114.3055", "lat": "30.5928", "radius_m": "800", "name": "Site 9", "quantity": "2", "priority": "3",
    "start": "2027-03-01", "end": "2032-03-01", "weight_kg": "80", "wind_area_m2": "0", "power_kw": "0",
    "mounting_height_m": "30",
}  # fmt: skip
ROUTE = {
    "origin_lon": "114.30", "origin_lat": "30.60", "destination_lon": "114.32", "destination_lat": "30.60",
    "max_detour": "2", "name": "Ring", "quantity": "2", "priority": "3", "start": "2027-03-01", "end": "",
}  # fmt: skip


def test_how_a_route_is_disjoint_is_stated_with_its_distance(scene: Scene, sign_in: SignIn, draft: DemandList):
    twin, client = factories.demand(draft, "duct", name="Twin"), sign_in(scene.drafter)
    distance = {"disjoint_from": twin.pk, "disjoint_by": "distance"}
    response = client.post(page(draft, "demand-new", "duct"), ROUTE | distance)
    assert list(response.context["form"].errors) == ["apart_m"]
    assert draft.demands.count() == 1
    client.post(page(draft, "demand-new", "duct"), ROUTE | distance | {"apart_m": "120"})
    made = draft.demands.get(name="Ring")
    assert (made.disjoint_from, made.disjoint_by, made.apart_m) == (twin, "distance", 120.0)
    shown = client.get(reverse("web:demand", args=[made.pk])).content.decode()
    assert "A distance apart, but near the ends: 120 m" in shown
    client.post(page(draft, "demand-new", "duct"), ROUTE | {"name": "Plain"})
    assert draft.demands.get(name="Plain").disjoint_by == "line"


def change_of(client: Client, line: Demand, **fields: str) -> tuple[str, dict[str, str]]:
    """The form of a line as it stands, filled in."""
    address = reverse("web:demand-change", args=[line.pk])
    return address, TOWER | {"seen_at": client.get(address).context["form"]["seen_at"].value()} | fields


def test_who_is_signed_out_while_typing_keeps_the_page(draft: DemandList):
    """What is checked meanwhile tells of it in its place; a part that is only shown leads to the sign-in."""
    by_htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page(draft)}"}

    typing = Client().post(page(draft, "demand-check", "tower"), TOWER, headers=by_htmx)
    shown = Client().get(page(draft, "demand-list-near"), headers=by_htmx)

    assert (typing.status_code, "HX-Redirect" in typing.headers) == (200, False)
    assert '<a href="/account/sign-in/?next=/" target="_blank">Sign in</a>' in typing.content.decode()
    assert shown.headers["HX-Redirect"] == f"/account/sign-in/?next={page(draft)}"


def test_a_line_is_added_changed_and_removed(scene: Scene, sign_in: SignIn, draft: DemandList):
    client = sign_in(scene.drafter)

    assert client.post(page(draft, "demand-new", "tower"), TOWER)["Location"] == page(draft)
    line = draft.demands.get()
    assert (line.line, line.kind, line.quantity, line.location.coords) == (1, "tower", 2, (114.3055, 30.5928))
    assert (line.period.lower, line.period.upper) == (date(2027, 3, 1), date(2032, 3, 1))

    client.post(*change_of(client, line, quantity="4", end=""))
    line.refresh_from_db()
    assert (line.quantity, line.period.upper) == (4, None)

    client.post(reverse("web:demand-remove", args=[line.pk]))
    assert not draft.demands.exists()


def test_two_who_change_one_line_do_not_undo_each_other(scene: Scene, sign_in: SignIn, draft: DemandList):
    client, colleague = sign_in(scene.drafter), sign_in(scene.asker)
    client.post(page(draft, "demand-new", "tower"), TOWER)
    line = draft.demands.get()
    address, sent = change_of(client, line, name="Site 10")
    colleague.post(*change_of(colleague, line, quantity="7"))

    late = client.post(address, sent)

    assert late.status_code == 400 and "Somebody changed this meanwhile" in late.content.decode()
    line.refresh_from_db()
    assert (line.name, line.quantity) == ("Site 9", 7)
    client.post(address, sent | {"seen_at": late.context["form"]["seen_at"].value()})
    line.refresh_from_db()
    assert (line.name, line.quantity) == ("Site 10", 2)


def test_what_the_form_of_a_line_is_compared_with_is_locked(scene: Scene, sign_in: SignIn, draft: DemandList):
    client = sign_in(scene.drafter)
    client.post(page(draft, "demand-new", "tower"), TOWER)
    line = draft.demands.get()
    address, sent = change_of(client, line, name="Site 10")
    with change_before("FOR NO KEY UPDATE", lambda: Demand.objects.filter(pk=line.pk).update(quantity=7)):
        late = client.post(address, sent)
    assert late.status_code == 400
    line.refresh_from_db()
    assert (line.name, line.quantity) == ("Site 9", 7)


@pytest.mark.parametrize("way", ["demand-upload", "demand-paste"])
def test_nothing_is_uploaded_into_a_list_that_is_no_draft(scene: Scene, sign_in: SignIn, way: str):
    refused = sign_in(scene.drafter).post(page(scene.list, way), {"rows": "name,kind\nSite 1,tower"})
    assert refused.status_code == 400 and "Lines of drafts change" in refused.content.decode()
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lat": "114.3", "lon": "30.5"}, "lat"),
        ({"radius_m": "0"}, "radius_m"),
        ({"end": "2026-01-01"}, "end"),
        ({"quantity": "0"}, "quantity"),
        ({"weight_kg": "-1"}, "weight_kg"),
        ({"start": ""}, "start"),
    ],
)
def test_a_wrong_line_is_told_at_its_field_and_nothing_is_lost(
    scene: Scene, sign_in: SignIn, draft: DemandList, wrong: dict[str, str], field: str
):
    response = sign_in(scene.drafter).post(page(draft, "demand-new", "tower"), TOWER | wrong)

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert 'value="Site 9"' in response.content.decode()
    assert not draft.demands.exists()


def test_a_viewer_changes_nothing(scene: Scene, sign_in: SignIn, draft: DemandList):
    client = sign_in(factories.member(scene.party, Role.VIEWER, "looker"))

    assert client.post(page(draft, "demand-new", "tower"), TOWER).status_code == 403
    assert client.post(page(draft, "demand-list-do", "submit")).status_code == 403
    assert not draft.demands.exists()


def test_what_is_near_is_told_while_a_line_is_typed(scene: Scene, sign_in: SignIn, draft: DemandList):
    factories.asset(scene.metro, code="LOW", capacity=2, details={"height_m": 20})
    factories.asset(scene.metro, code="HIGH", capacity=3, details={"height_m": 40})
    factories.asset(scene.metro, code="FULL", capacity=3, used=3, details={"height_m": 40})
    client = sign_in(scene.drafter)

    with_all = client.post(page(draft, "demand-check", "tower"), TOWER).content.decode()
    assert "5 towers in 800 m · 5 open to you · 2 fit · 1 with 2 mounts free" in with_all
    assert (
        "Say where and when" in client.post(page(draft, "demand-check", "tower"), {"quantity": "1"}).content.decode()
    )
    assert not draft.demands.exists()


def test_each_line_of_a_draft_is_checked(scene: Scene, sign_in: SignIn, draft: DemandList):
    factories.demand(draft, name="A", quantity=2)
    factories.demand(draft, "duct", name="B")
    html = sign_in(scene.drafter).get(page(draft, "demand-list-near")).content.decode()

    assert "2 towers in 500 m · 2 open to you · 2 fit · 2 with 2 mounts free" in html
    assert "0 ducts within the detour" in html


def test_submitting_queues_a_run_and_its_progress_is_polled(scene: Scene, sign_in: SignIn, draft: DemandList):
    factories.demand(draft)
    client = sign_in(scene.drafter)

    assert client.post(page(draft, "demand-list-do", "submit"))["Location"] == page(draft)
    run = MatchRun.objects.get(list=draft)
    assert page(draft, "demand-list-progress") in client.get(page(draft)).content.decode()
    MatchRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, progress=40)
    assert "40 %" in client.get(page(draft, "demand-list-progress")).content.decode()
    MatchRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE)
    assert client.get(page(draft, "demand-list-progress"))["HX-Refresh"] == "true"


def test_an_empty_list_is_refused_with_the_reason(scene: Scene, sign_in: SignIn, draft: DemandList):
    response = sign_in(scene.drafter).post(page(draft, "demand-list-do", "submit"))

    assert response.status_code == 400
    assert "The list has no lines." in response.content.decode()


PASTED = """name	kind	quantity	start	lon	lat	radius_m
P1	tower	2	2027-03-01	114.30	30.59	500
P2	tower	x	2027-03-01	114.30	30.59	500"""


def test_pasted_rows_land_and_the_others_come_back(
    scene: Scene, sign_in: SignIn, draft: DemandList, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client = sign_in(scene.drafter)

    address = client.post(page(draft, "demand-paste"), {"rows": PASTED, "crs": ""})["Location"]
    assert "progress" in client.get(address).content.decode()
    assert carry_out_next("demands", demand_jobs.run)
    html = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert [line.name for line in draft.demands.all()] == ["P1"]
    assert page(draft) in html and "quantity" in html and "hx-trigger" not in html
    job = ImportJob.objects.get()
    assert b"P2" in b"".join(client.get(reverse("web:demand-upload-rejects", args=[job.pk])))
    assert sign_in(scene.metro_manager).get(address).status_code == 404


def test_pasted_rows_wait_for_the_files_that_are_under_way(
    scene: Scene, sign_in: SignIn, draft: DemandList, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client = sign_in(scene.drafter)
    answers = [client.post(page(draft, "demand-paste"), {"rows": PASTED, "crs": ""}) for _n in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [400]
    assert "Wait for one of your files to be taken in: 5 are under way." in answers[-1].content.decode()


def test_templates_come_back_as_a_list(scene: Scene, sign_in: SignIn, draft: DemandList, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = sign_in(scene.drafter)

    for suffix in ("csv", "xlsx"):
        path = tmp_path / f"filled.{suffix}"
        path.write_bytes(client.get(f"/lists/template.{suffix}").content)
        with path.open("rb") as file:
            response = client.post("/lists/upload/", {"party": scene.party.pk, "title": suffix, "file": file})
        assert carry_out_next("demands", demand_jobs.run)
        made = DemandList.objects.get(title=suffix)
        assert [(line.name, line.kind) for line in made.demands.all()] == [("Site 1", "tower"), ("Route 1", "duct")]
        assert page(made) in client.get(response["Location"]).content.decode()


def test_the_chosen_and_all_are_requested(scene: Scene, sign_in: SignIn):
    other = factories.demand(scene.list, name="Site 2")
    proposal = factories.match(other, [scene.far])
    client = sign_in(scene.asker)

    client.post(page(scene.list, "demand-list-request"), {"match": [proposal.pk]})
    assert set(Match.objects.live()) == {proposal}
    client.post(page(scene.list, "demand-list-request"), {"all": "1"})
    assert set(Match.objects.live()) == {proposal, scene.match}


def test_files_of_lines_are_offered_as_far_as_they_can_be_had(
    scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(FORMATS, "xlsx", replace(FORMATS["xlsx"], at_once=0))
    assert sign_in(scene.asker).get(page(scene.list)).context["line_formats"] == ["csv", "geojson", "gpkg"]


def test_the_report_of_a_file_is_found_again(scene: Scene, sign_in: SignIn, draft: DemandList, settings, tmp_path):
    """From its list by whoever drafts it, from all lists by who sent it; whether it landed or not."""
    settings.MEDIA_ROOT = tmp_path
    client = sign_in(scene.drafter)
    reports = []
    for more in ({"dry_run": "on"}, {}):
        reports.append(client.post(page(draft, "demand-paste"), {"rows": PASTED, "crs": ""} | more)["Location"])
        assert carry_out_next("demands", demand_jobs.run)

    def shown(client: Client, address: str) -> list[str]:
        found = client.get(address).context["uploads"]
        return [reverse("web:demand-upload-job", args=[job.pk]) for job, _status in found]

    assert shown(client, page(draft)) == shown(client, "/lists/") == reports[::-1]
    assert f'<a href="{reports[1]}">pasted.csv</a>' in client.get(page(draft)).content.decode()
    assert shown(sign_in(scene.asker), page(draft)) == reports[::-1]
    assert shown(sign_in(scene.asker), "/lists/") == shown(client, page(scene.list)) == []
    DemandList.objects.filter(pk=draft.pk).update(status=ListStatus.SUBMITTED, submitted_at=timezone.now())
    assert shown(sign_in(scene.officer), page(draft)) == []


def test_a_file_that_was_only_checked_lands_as_it_was_shown(
    scene: Scene, sign_in: SignIn, draft: DemandList, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    client, sent = sign_in(scene.drafter), {"rows": PASTED, "crs": "", "dry_run": "on"}
    report = client.post(page(draft, "demand-paste"), sent)["Location"]
    assert carry_out_next("demands", demand_jobs.run)
    land = f"{report}land/"
    shown = client.get(report).content.decode()
    assert f'action="{land}"' in shown and "Import 1 row<" in shown
    viewer = sign_in(factories.member(scene.party, Role.VIEWER))
    assert f'action="{land}"' not in viewer.get(report).content.decode()
    assert (viewer.post(land).status_code, sign_in(scene.metro_manager).post(land).status_code) == (403, 404)
    assert not draft.demands.exists()

    assert client.post(land)["Location"] == report
    assert carry_out_next("demands", demand_jobs.run)

    assert [line.name for line in draft.demands.all()] == ["P1"]
    assert f'action="{land}"' not in client.get(report).content.decode()
    again = client.post(land, follow=True).content.decode()
    assert "Only a trial that has ended can be repeated or carried out." in again
    assert draft.demands.count() == 1


def test_a_list_is_reopened_after_a_second_look(scene: Scene, sign_in: SignIn):
    """All that is proposed for it falls: a slip beside “Match again” would cost that."""
    shown = sign_in(scene.asker).get(page(scene.list)).context["offers"]
    assert {offer.button.slug: offer.unfolds for offer in shown} == {"rematch": False, "reopen": True, "close": True}


def test_asking_again_for_the_rest_reaches_it_past_what_cannot_be_had(
    scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
):
    """What cannot be had waits still: it would be tried first each time, and what comes behind it never."""
    monkeypatch.setattr("sharing.web.demand_list.MOST_AT_ONCE", 1)
    rest = factories.match(factories.demand(scene.list, name="Site 2"), [scene.far])
    factories.allocate(scene.near)
    client = sign_in(scene.asker)

    first = client.post(page(scene.list, "demand-list-request"), {"all": "1"})

    assert first["Location"] == f"{page(scene.list)}?tried={scene.match.pk}"
    told = client.get(first["Location"]).content.decode()
    still = reverse("web:match", args=[scene.runner_up.pk])
    assert f'<a href="{still}">Match {scene.runner_up.pk} still fits.</a></li>' in told
    assert "1 are requested at a time: ask again for the rest." in told
    assert f'<input type="hidden" name="tried" value="{scene.match.pk}">' in told
    assert not Match.objects.live().exists()
    second = client.post(
        page(scene.list, "demand-list-request"),
        {"all": "1", "tried": scene.match.pk, "next": f"{page(scene.list)}?tried={scene.match.pk}"},
    )
    assert second["Location"] == page(scene.list)
    assert set(Match.objects.live()) == {rest}


def test_an_editor_requests_nothing(scene: Scene, sign_in: SignIn):
    sign_in(scene.drafter).post(page(scene.list, "demand-list-request"), {"all": "1"})

    assert not Match.objects.live().exists()


@pytest.mark.parametrize(("address", "queries"), [("/lists/", 6), ("/matches/", 5)])
def test_pages_of_lists_cost_the_same_for_many_rows(
    scene: Scene, sign_in: SignIn, address: str, queries: int, django_assert_num_queries
):
    client = sign_in(scene.asker)
    for more in (0, 4):
        for _n in range(more):
            factories.match(factories.demand(factories.demand_list(scene.party)), [scene.near])
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200


def test_the_page_of_a_list_costs_the_same_for_many_lines(scene: Scene, sign_in: SignIn, django_assert_num_queries):
    client = sign_in(scene.asker)
    for more in (0, 6):
        for n in range(more):
            factories.match(factories.demand(scene.list, name=f"Site {n}"), [scene.near, scene.far])
        with django_assert_num_queries(18):
            assert client.get(page(scene.list)).status_code == 200


def test_a_list_is_printed(scene: Scene, sign_in: SignIn):
    factories.unmet(factories.demand(scene.list, name="武汉站"))
    response = sign_in(scene.asker).get(page(scene.list, "demand-list-print"))

    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")


def test_a_list_that_is_narrowed_says_and_prints_all_of_it(scene: Scene, sign_in: SignIn):
    for n in range(2, 122):
        factories.demand(scene.list, name=f"Site {n}")
    shown = sign_in(scene.asker).get(f"{page(scene.list)}?q=Site 121")
    assert [row.demand.name for row in shown.context["rows"]] == ["Site 121"]
    assert (shown.context["lines"], shown.context["parts"]) == (121, [(1, 100), (101, 121)])
    nothing = sign_in(scene.asker).get(f"{page(scene.list)}?q=nowhere").content.decode()
    assert "No line fits" in nothing and "Take along" in nothing


def test_of_a_long_list_the_part_to_print_is_asked_for(scene: Scene, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch):
    client, print_at = sign_in(scene.asker), page(scene.list, "demand-list-print")
    monkeypatch.setattr("sharing.web.demand_list.LINES_PRINTED", 2)
    for n in range(2, 25):
        factories.demand(scene.list, name=f"Site {n}")
    short = client.get(page(scene.list)).content.decode()
    assert short.count(f'href="{print_at}?from=') == 12 and 'name="from"' not in short
    factories.demand(scene.list, name="Site 25")
    long = client.get(page(scene.list)).content.decode()
    assert f'href="{print_at}' not in long and f'action="{print_at}"' in long
    assert '<input type="number" id="print-from" name="from" min="1" max="25" value="1" required>' in long


@pytest.mark.parametrize("first", ["0", "5", "9" * 18, "9" * 400, "x"])
def test_a_list_is_printed_from_any_line(scene: Scene, sign_in: SignIn, first: str):
    printed = sign_in(scene.asker).get(f"{page(scene.list, 'demand-list-print')}?from={first}")
    assert printed.content.startswith(b"%PDF-")


def test_what_ends_in_the_last_year_there_is_can_be_decided(scene: Scene, sign_in: SignIn):
    Demand.objects.update(period=DateRange(date(2027, 3, 1), date(9999, 12, 31)))
    consent = scene.requested().consents.get()
    assert sign_in(scene.metro_manager).get(f"/consents/{consent.pk}/").status_code == 200
    assert sign_in(scene.asker).get(f"/matches/{scene.match.pk}/").status_code == 200


def test_a_line_that_was_added_changed_or_removed_leads_back_to_its_page(
    scene: Scene, sign_in: SignIn, draft: DemandList
):
    client, (first, *_others, last) = sign_in(scene.drafter), [factories.demand(draft, line=n) for n in range(1, 27)]
    second_page = f"{page(draft)}?page=2"

    assert client.post(page(draft, "demand-new", "tower"), TOWER)["Location"] == second_page
    assert client.post(*change_of(client, last))["Location"] == second_page
    assert client.post(reverse("web:demand-remove", args=[last.pk]))["Location"] == second_page
    assert client.post(*change_of(client, first))["Location"] == page(draft)
    assert client.post(reverse("web:demand-remove", args=[first.pk]))["Location"] == page(draft)


def test_what_is_requested_leads_back_to_the_lines_as_they_were_filtered(scene: Scene, sign_in: SignIn):
    client, address = sign_in(scene.asker), page(scene.list, "demand-list-request")
    filtered = f"{page(scene.list)}?state=request&page=1"
    assert f'name="next" value="{filtered.replace("&", "&amp;")}"' in client.get(filtered).content.decode()
    assert client.post(address, {"next": filtered})["Location"] == filtered
    assert client.post(address, {"next": "//elsewhere.example/"})["Location"] == page(scene.list)


def test_a_line_that_is_refused_says_so_at_the_top(scene: Scene, sign_in: SignIn, draft: DemandList):
    client, address = sign_in(scene.drafter), page(draft, "demand-new", "tower")
    said = '<p class="message error" role="alert">Not saved yet: correct what is marked below.'
    assert said not in client.get(address).content.decode()
    refused = client.post(address, {**TOWER, "quantity": "0"})
    assert refused.status_code == 400 and said in refused.content.decode()


def test_without_scripts_a_draft_says_why_nothing_is_near_and_asks_before_a_line_goes(
    scene: Scene, sign_in: SignIn, draft: DemandList
):
    factories.demand(draft)
    client = sign_in(scene.drafter)
    hint = '<noscript><p class="hint">What is near the lines is looked up by a script'
    box = '<noscript><label class="inline"><input type="checkbox" required> Remove line 1?</label></noscript>'
    whole = client.get(page(draft)).content.decode()
    assert hint in whole and whole.count(box) == 1 and 'data-confirm="Remove line 1?"' in whole
    # A box in a part that a script brings would be there, and in nobody's sight.
    part = client.get(page(draft, "demand-list-near"), headers={"HX-Request": "true"}).content.decode()
    assert "<noscript>" not in part and 'data-confirm="Remove line 1?"' in part
