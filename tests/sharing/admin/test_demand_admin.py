"""A party drafts its list and its lines in the admin, and hands it in."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.admin.base import refuse_form
from sharing.models import Demand, DemandList, ListStatus, MatchRun, Outcome
from tests import factories
from tests.meanwhile import change_before
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene


@pytest.fixture
def editor(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.drafter)


@pytest.fixture
def draft(scene: Scene) -> DemandList:
    return factories.demand_list(scene.party, status=ListStatus.DRAFT)


def filled(of: DemandList, **fields: Any) -> dict[str, Any]:
    return {
        "list": of.pk,
        "name": "Site 7",
        "kind": "tower",
        "quantity": 2,
        "period_0": "2027-01-01",
        "period_1": "2030-01-01",
        "priority": 3,
        "weight_kg": "60",
        "wind_area_m2": "0.8",
        "power_kw": "1",
        "location": "POINT(114.30 30.59)",
        "radius_m": "400",
        **fields,
    }


def page(row: Any) -> str:
    return reverse(f"admin:sharing_{row._meta.model_name}_change", args=[row.pk])


def seen(client: Client, row: Any) -> dict[str, str]:
    """As the form of a row says that it stood."""
    return {"seen_at": client.get(page(row)).context["adminform"].form["seen_at"].value()}


def problems(response: Any) -> str:
    return " ".join(str(error) for errors in response.context["errors"] for error in errors)


def test_an_editor_drafts_fills_and_submits_a_list(scene: Scene, editor: Client):
    sent = {"party": scene.party.pk, "title": "Metro cells"}
    assert editor.post("/admin/sharing/demandlist/add/", sent).status_code == 302
    made = DemandList.objects.get(title="Metro cells")
    assert (made.status, made.created_by) == (ListStatus.DRAFT, scene.drafter)
    assert editor.post("/admin/sharing/demand/add/?kind=tower", filled(made)).status_code == 302
    route = {"kind": "duct", "origin": "POINT(114.3 30.6)", "destination": "POINT(114.4 30.6)", "max_detour": "1.5"}
    sent = filled(made) | route
    del sent["location"], sent["radius_m"]
    assert editor.post("/admin/sharing/demand/add/?kind=duct", sent).status_code == 302
    first, second = made.demands.all()
    assert (first.line, first.location.coords, first.radius_m, first.quantity) == (1, (114.3, 30.59), 400, 2)
    assert (second.line, second.destination.coords, second.max_detour) == (2, (114.4, 30.6), 1.5)
    assert [offer.button.slug for offer in editor.get(page(made)).context["offers"]] == ["submit", "close"]
    editor.post(reverse("admin:sharing_demandlist_do", args=[made.pk, "submit"]))
    made.refresh_from_db()
    assert made.status == ListStatus.SUBMITTED
    assert MatchRun.objects.filter(list=made).count() == 1
    assert editor.post(page(first), filled(made)).status_code == 403


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"location": ""}, "This field is required"),
        ({"location": "POINT(30.59 114.30)"}, "longitude and latitude look swapped"),
        ({"radius_m": "0"}, "A radius is more than 0 m"),
        ({"quantity": "0"}, "greater than or equal to 1"),
        ({"period_0": "2031-01-01"}, "The start of the range must not exceed the end of the range."),
        ({"period_0": ""}, "The period needs its first day"),
        ({"weight_kg": "-5"}, "Weight, wind area and power are zero or more."),
        ({"priority": "12"}, "less than or equal to 9"),
    ],
)
def test_a_wrong_line_is_refused_with_what_to_do(editor: Client, draft: DemandList, fields, problem: str):
    response = editor.post("/admin/sharing/demand/add/?kind=tower", filled(draft) | fields)
    assert response.status_code == 200
    assert problem in problems(response)
    assert not draft.demands.exists()


def test_a_line_changes_and_goes_while_its_list_is_a_draft(editor: Client, draft: DemandList):
    demand = factories.demand(draft)
    sent = filled(draft, quantity=5) | seen(editor, demand)
    assert editor.post(page(demand), sent).status_code == 302
    demand.refresh_from_db()
    assert demand.quantity == 5
    late = editor.post(page(demand), sent | {"name": "Site 8"})
    assert "Somebody changed this meanwhile" in problems(late)
    address = reverse("admin:sharing_demand_delete", args=[demand.pk])
    assert editor.post(address, {"post": "yes"}).status_code == 302
    assert not Demand.objects.filter(pk=demand.pk).exists()


def test_a_line_goes_with_its_outcome_but_stays_once_it_was_matched(scene: Scene, editor: Client, draft: DemandList):
    unmet, met = factories.demand(draft), factories.demand(draft)
    run = factories.match(met, [scene.near]).run
    for demand in (unmet, met):
        Outcome.objects.create(run=run, demand=demand, met=demand == met)
    kept = editor.post(reverse("admin:sharing_demand_delete", args=[met.pk]), {"post": "yes"})
    assert "a line that was matched before stays in the list, as history" in kept.content.decode()
    gone = editor.post(reverse("admin:sharing_demand_delete", args=[unmet.pk]), {"post": "yes"})
    assert gone.status_code == 302
    assert list(draft.demands.all()) == [met]


def test_no_line_goes_into_the_list_of_others_or_one_that_was_submitted(scene: Scene, editor: Client):
    foreign = factories.demand_list(scene.grid, status=ListStatus.DRAFT)
    for target in (foreign, scene.list):
        response = editor.post("/admin/sharing/demand/add/?kind=tower", filled(target))
        assert "Select a valid choice" in problems(response)


def submitted_before(words: str, draft: DemandList) -> AbstractContextManager[None]:
    """The list is submitted right before such a statement."""
    rows = DemandList.objects.filter(pk=draft.pk)
    return change_before(words, lambda: rows.update(status=ListStatus.SUBMITTED, submitted_at=timezone.now()))


def told(response: Any) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in response.context["messages"]]


REFUSED = ("warning", "Nothing was done: “Edit” is not possible here: the status is “Submitted”.")


def test_saving_a_title_undoes_no_submission_made_meanwhile(editor: Client, draft: DemandList):
    with submitted_before('UPDATE "sharing_demandlist"', draft):
        assert editor.post(page(draft), {"title": "Metro cells"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.status) == ("Metro cells", ListStatus.SUBMITTED)


def test_what_the_workflow_refuses_on_writing_is_said_above_what_was_typed(editor: Client, draft: DemandList):
    demand = factories.demand(draft, quantity=2)
    for row, sent in (
        (draft, {"title": "Typed anew"}),
        (demand, filled(draft, quantity=5, name="Typed anew") | seen(editor, demand)),
    ):
        with submitted_before("FOR NO KEY UPDATE", draft):
            response = editor.post(page(row), sent)
        assert (response.status_code, problems(response)) == (200, REFUSED[1])
        assert 'value="Typed anew"' in response.content.decode()
    assert list(draft.demands.values_list("quantity", flat=True)) == [2]


def test_what_is_refused_for_good_is_a_message(editor: Client, draft: DemandList, monkeypatch: pytest.MonkeyPatch):
    """Where the row is shown without a form by now, or was to go."""
    demand = factories.demand(draft, quantity=2)

    def submitted(request: HttpRequest, why: str) -> None:
        DemandList.objects.filter(pk=draft.pk).update(status=ListStatus.SUBMITTED, submitted_at=timezone.now())
        refuse_form(request, why)

    monkeypatch.setattr("sharing.admin.refusals.refuse_form", submitted)
    for address, sent in (
        (page(draft), {"title": "Other"}),
        (page(demand), filled(draft, quantity=5) | seen(editor, demand)),
        (reverse("admin:sharing_demand_delete", args=[demand.pk]), {"post": "yes"}),
    ):
        with transaction.atomic():
            with submitted_before("FOR NO KEY UPDATE", draft):
                response = editor.post(address, sent)
            assert response.status_code == 302
            assert told(editor.get(response.url)) == [REFUSED]
            transaction.set_rollback(True)
    assert list(draft.demands.values_list("quantity", flat=True)) == [2]


def test_an_outcome_is_told_in_words(scene: Scene, editor: Client):
    outcome = Outcome.objects.create(
        run=scene.match.run,
        demand=scene.demand,
        met=False,
        reason="mounting_height",
        funnel={"near": 12, "open": 9, "fit": 0, "free": 0, "left": 0},
        nearest_miss={"code": "mounting_height", "asset": scene.near.pk, "asked": 30, "offered": 17, "unit": "m"},
        change={"field": "mounting_height_m", "from": 30, "to": 17, "cost_per_year": 1200},
        other_changes=[{"field": "radius_m", "from": 500, "to": 620, "cost_per_year": 900}],
    )
    html = editor.get(page(outcome)).content.decode()
    stages = ("within reach", "open to the party", "technically fit", "free in the period", "left after higher")
    places = [html.index(stage) for stage in stages]
    assert places == sorted(places)
    for text in (
        "NEAR: mounting height 17 m, asked 30 m",
        "It would be met with mounting height, m 17 instead of 30. Cost a year: 1,200.",
        "It would be met with radius, m 620 instead of 500. Cost a year: 900.",
    ):
        assert text in html, text


def test_outcomes_are_narrowed_by_a_reason_in_words(scene: Scene, editor: Client):
    for reason in ("mounting_height", "no_path_within_gap_limit", ""):
        demand = factories.demand(scene.list, name=reason or "met")
        Outcome.objects.create(run=scene.match.run, demand=demand, met=not reason, reason=reason)
    listed = editor.get(reverse("admin:sharing_outcome_changelist"), {"reason": "no_path_within_gap_limit"})
    assert [one.reason for one in listed.context["cl"].result_list] == ["no_path_within_gap_limit"]
    [narrowed] = [one for one in listed.context["cl"].filter_specs if one.title == "reason"]
    assert list(narrowed.lookup_choices) == [
        ("no_path_within_gap_limit", "longest gap of a route"), ("mounting_height", "mounting height"),
    ]  # fmt: skip
