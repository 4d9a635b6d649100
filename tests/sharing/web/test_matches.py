"""Matches and demands on the site, as each side may see them."""

import re

import pytest
from django.conf import settings
from django.contrib.gis.geos import LineString
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from registry.models import Asset, Protection, User
from sharing.models import ConsentStatus, Match, MatchStatus, Outcome
from sharing.web.matches import MatchFilter
from sharing.workflow import consents
from tests import factories
from tests.calls import Caller
from tests.plans import plan_of
from tests.sharing.scene import Scene
from tests.sharing.web.conftest import SignIn


def page(match: Match) -> str:
    return reverse("web:match", args=[match.pk])


def test_a_proposal_is_for_its_party_alone(scene: Scene, sign_in: SignIn):
    people = (scene.asker, scene.drafter, scene.metro_manager, scene.officer, scene.stranger)
    statuses = [sign_in(person).get(page(scene.match)).status_code for person in people]

    assert statuses == [200, 200, 404, 404, 404]


def test_everyone_concerned_sees_a_request(scene: Scene, sign_in: SignIn):
    match = scene.requested()
    people = (scene.asker, scene.metro_manager, scene.officer, scene.grid_manager, scene.stranger)
    statuses = [sign_in(person).get(page(match)).status_code for person in people]

    assert statuses == [200, 200, 200, 404, 404]
    assert sign_in(scene.stranger).post(reverse("web:match-do", args=[match.pk, "withdraw"])).status_code == 404


def test_it_is_requested_and_withdrawn_by_its_buttons(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.asker)
    for verb, status in (("request", MatchStatus.REQUESTED), ("withdraw", MatchStatus.WITHDRAWN)):
        address = reverse("web:match-do", args=[scene.match.pk, verb])
        assert address in client.get(page(scene.match)).content.decode()
        assert client.post(address)["Location"] == page(scene.match)
        scene.match.refresh_from_db()
        assert scene.match.status == status


def test_a_request_from_the_list_goes_back_to_it(scene: Scene, sign_in: SignIn):
    address = reverse("web:match-do", args=[scene.match.pk, "request"])

    response = sign_in(scene.asker).post(f"{address}?from=list")

    assert response["Location"] == reverse("web:demand-list", args=[scene.list.pk])


def test_a_proposal_that_cannot_be_had_names_the_one_that_still_fits(scene: Scene, sign_in: SignIn):
    factories.allocate(scene.near)
    client = sign_in(scene.asker)

    told = client.post(reverse("web:match-do", args=[scene.match.pk, "request"]), follow=True).content.decode()

    assert f'<a href="{page(scene.runner_up)}">Match {scene.runner_up.pk} still fits.</a></li>' in told
    factories.allocate(scene.far)
    told = client.post(reverse("web:match-do", args=[scene.match.pk, "request"]), follow=True).content.decode()
    assert "Nothing was done:" in told and "still fits" not in told


def test_what_was_not_shown_is_not_approved(scene: Scene, sign_in: SignIn):
    match = scene.consented()
    client = sign_in(scene.officer)
    [approve, _reject] = client.get(page(match)).context["offers"]
    shown = {"fingerprint": approve.form.initial["fingerprint"]}
    Asset.objects.filter(pk=scene.near.pk).update(capacity=9)

    response = client.post(approve.url, shown, follow=True)

    assert "This page shows how it stands now." in response.content.decode()
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED
    [approve, _reject] = response.context["offers"]
    client.post(approve.url, {"fingerprint": approve.form.initial["fingerprint"]})
    match.refresh_from_db()
    assert match.status == MatchStatus.APPROVED


def test_the_first_of_two_approvals_is_told_from_the_decision(scene: Scene, sign_in: SignIn):
    core = factories.asset(scene.metro, protection=Protection.CORE, capacity=2)
    match = scene.consented(factories.match(factories.demand(scene.list), [core]))

    def approve(person: User) -> list[str]:
        client = sign_in(person)
        [offer, _reject] = client.get(page(match)).context["offers"]
        sent = {"fingerprint": offer.form.initial["fingerprint"]}
        return [str(said) for said in client.post(offer.url, sent, follow=True).context["messages"]]

    first = approve(scene.officer)
    assert first == ["The first of two approvals is given; a second person must approve too."]
    assert approve(scene.second_officer) == ["Approved as shown."]


def test_a_rejection_needs_its_reason(scene: Scene, sign_in: SignIn):
    match = scene.consented()
    response = sign_in(scene.officer).post(reverse("web:match-do", args=[match.pk, "reject"]), {"reason": ""})

    assert response.status_code == 400
    assert "Choose a reason for the rejection." in response.content.decode()


def test_an_agreement_is_renewed_from_its_match(scene: Scene, sign_in: SignIn):
    agreement = scene.approved()
    client = sign_in(scene.asker)
    address = reverse("web:agreement-do", args=[agreement.pk, "renew"])
    assert address in client.get(page(agreement.match)).content.decode()

    assert client.post(address, {"until": ""})["Location"] == reverse("web:agreement", args=[agreement.pk])

    assert agreement.renewals.get().consents.get().status == ConsentStatus.PENDING


def test_a_core_asset_stays_unnamed_to_the_party(scene: Scene, sign_in: SignIn):
    Asset.objects.filter(pk=scene.near.pk).update(
        protection=Protection.CORE, protection_reason="grid control", name="Silent tower"
    )
    for address in (page(scene.match), reverse("web:demand", args=[scene.demand.pk]), f"/lists/{scene.list.pk}/"):
        html = sign_in(scene.asker).get(address).content.decode()
        assert "NEAR" not in html and "Silent tower" not in html and "metro" not in html


def test_the_page_costs_the_same_for_many_legs(scene: Scene, sign_in: SignIn, django_assert_num_queries):
    client = sign_in(scene.asker)
    ducts = [
        factories.asset(scene.metro, "duct", at=(114.30 + n * 0.001, 30.59), to=(114.301 + n * 0.001, 30.59))
        for n in range(8)
    ]
    demand = factories.demand(scene.list, "duct", at=(114.30, 30.59), to=(114.308, 30.59))
    match = factories.match(demand, [*ducts, None])
    with django_assert_num_queries(25):
        assert client.get(page(scene.match)).status_code == 200
    with django_assert_num_queries(25):
        assert client.get(page(match)).status_code == 200


def unmet(scene: Scene) -> Outcome:
    """A line 700 m from the towers that asks within 500 m, as the engine says."""
    demand = factories.demand(scene.list, name="Far", at=(114.3130, 30.5928))
    outcome = factories.unmet(demand, reason="radius")
    outcome.funnel = {"near": 0, "open": 0, "fit": 0, "free": 0, "left": 0}
    outcome.nearest_miss = {"code": "radius", "asset": scene.near.pk, "asked": 500, "offered": 719, "unit": "m"}
    outcome.change = {"field": "radius_m", "from": 500, "to": 720, "by": 220, "unit": "m", "cost_per_year": 1000}
    outcome.other_changes = [{"field": "halves", "from": 4, "to": [2, 2], "cost_per_year": 2000}]
    outcome.save()
    return outcome


def test_why_there_is_no_route_is_told_in_the_readers_language_and_of_no_asset(scene: Scene, sign_in: SignIn):
    demand = factories.demand(scene.list, "duct", at=(114.30, 30.59), to=(114.308, 30.59))
    outcome = factories.unmet(demand, reason="no_path_within_gap_limit")
    outcome.nearest_miss = {"code": outcome.reason, "asset": None, "asked": 150, "offered": 191.9, "unit": "m"}
    outcome.save()
    client = sign_in(scene.asker)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    page_of_it = client.get(reverse("web:demand", args=[demand.pk])).content.decode()
    assert "路由的最长缺口 191.9 m，要求 150 m" in page_of_it and "受保护资产" not in page_of_it
    assert "路由的最长缺口" in client.get(reverse("web:demand-list", args=[scene.list.pk])).content.decode()


def test_a_gap_says_what_ground_it_is_built_through(scene: Scene, sign_in: SignIn):
    ends = [((114.30, 30.60), (114.31, 30.60)), ((114.312, 30.60), (114.32, 30.60))]
    ducts = [factories.asset(scene.metro, "duct", at=at, to=to) for at, to in ends]
    demand = factories.demand(scene.list, "duct", at=ends[0][0], to=ends[1][1])
    match = factories.match(demand, [ducts[0], None, ducts[1]])
    match.legs.filter(asset=None).update(terrain={"ordinary": 143.9, "water": 48.0}, length_m=191.9)
    scene.consented(match)
    told = "ordinary ground 143.9 m, water crossing 48 m"
    assert told in sign_in(scene.asker).get(page(match)).content.decode()
    assert told in sign_in(scene.officer).get(reverse("admin:sharing_match_change", args=[match.pk])).content.decode()
    legs = Caller(scene.asker).get(f"matches/{match.pk}/").json()["legs"]
    assert [leg["terrain"] for leg in legs] == [{}, {"ordinary": 143.9, "water": 48.0}, {}]


def test_a_gap_that_ends_at_an_asset_that_may_not_be_known_has_no_place_either(scene: Scene, sign_in: SignIn):
    ends = [((114.30, 30.60), (114.31, 30.60)), ((114.312, 30.60), (114.32, 30.60))]
    known, core = (factories.asset(scene.metro, "duct", at=at, to=to) for at, to in ends)
    factories.protect(core, Protection.CORE)
    demand = factories.demand(scene.list, "duct", at=ends[0][0], to=(114.33, 30.60))
    match = factories.match(demand, [None, known, None, core, None])
    line = LineString((114.31, 30.6), (114.3125, 30.6), srid=4326)
    match.legs.filter(asset=None).update(terrain={"ordinary": 191.9}, length_m=191.9, geometry=line)

    def shown(person: User) -> list[tuple[bool, float | None, dict[str, float]]]:
        legs = Caller(person).get(f"matches/{match.pk}/").json()["legs"]
        return [(leg["place"] is not None, leg["length_m"], leg["terrain"]) for leg in legs if leg["is_gap"]]

    told, untold = (True, 191.9, {"ordinary": 191.9}), (False, None, {})
    assert shown(scene.asker) == [told, untold, untold]
    response = sign_in(scene.asker).get(page(match))
    assert len([one for one in response.context["shapes"]["features"] if one["properties"].get("gap")]) == 1
    scene.consented(match)
    assert shown(scene.asker) == shown(scene.officer) == [told, told, told]


def test_legs_have_their_owners_colour_on_the_map_as_in_the_table(scene: Scene, sign_in: SignIn):
    ends = [
        ((114.30, 30.60), (114.31, 30.60)),
        ((114.31, 30.60), (114.32, 30.60)),
        ((114.322, 30.60), (114.33, 30.60)),
    ]
    owners = [scene.grid, scene.metro, scene.grid]
    ducts = [factories.asset(owner, "duct", at=at, to=to) for owner, (at, to) in zip(owners, ends, strict=True)]
    demand = factories.demand(scene.list, "duct", at=ends[0][0], to=ends[2][1])
    response = sign_in(scene.asker).get(page(factories.match(demand, [*ducts[:2], None, ducts[2]])))

    features = response.context["shapes"]["features"]
    lines = [one["properties"] for one in features if one["geometry"]["type"] == "LineString"]
    assert [line["role"] for line in lines if not line["gap"]] == ["owner-1", "owner-2", "owner-1"]
    rows = re.findall(r'<span class="swatch swatch-(owner-\d)"></span>(.+?)</td>', response.content.decode())
    assert rows == [("owner-1", str(scene.grid)), ("owner-2", str(scene.metro)), ("owner-1", str(scene.grid))]


def test_an_unmet_line_says_why_and_what_would_meet_it(scene: Scene, sign_in: SignIn):
    outcome = unmet(scene)
    response = sign_in(scene.drafter).get(reverse("web:demand", args=[outcome.demand_id]))

    html = response.content.decode()
    assert "NEAR: distance 719 m, asked 500 m" in html
    assert [change.number for change in response.context["changes"]] == [0, None]


def test_a_change_is_tried_and_nothing_of_it_kept(scene: Scene, sign_in: SignIn):
    outcome = unmet(scene)
    address = reverse("web:demand-try", args=[outcome.demand_id])

    response = sign_in(scene.drafter).post(address, {"change": "0"})

    [line] = [one for one in response.context["compared"]["results"] if one["demand"] == outcome.demand_id]
    assert (line["difference"], line["after"]["met"]) == ("newly_met", True)
    outcome.demand.refresh_from_db()
    assert outcome.demand.radius_m == 500
    client = sign_in(scene.drafter)
    assert [client.post(address, {"change": number}).status_code for number in ("1", "7", "x")] == [404] * 3
    assert sign_in(scene.stranger).post(address, {"change": "0"}).status_code == 404


def test_two_runs_are_compared_line_by_line(scene: Scene, sign_in: SignIn):
    for demand in (scene.demand,):
        Outcome.objects.create(run=scene.match.run, demand=demand, met=True)
    later = factories.match_run(scene.list)
    Outcome.objects.create(run=later, demand=scene.demand, met=False, reason="units")

    response = sign_in(scene.asker).get(reverse("web:demand-list-compare", args=[scene.list.pk]))

    [line] = response.context["compared"]["results"]
    assert (line["difference"], line["before"]["legs"][0]["asset_code"]) == ("lost", "NEAR")
    assert response.context["after"] == later


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
def test_a_deadline_is_the_registry_s_day_for_whoever_reads_it(scene: Scene, sign_in: SignIn, zone: str):
    match = scene.requested()
    day = date_format(timezone.localtime(match.deadline), "SHORT_DATE_FORMAT")
    User.objects.update(time_zone=zone)
    owner, consent = sign_in(scene.metro_manager), match.consents.get()
    for page in ("/", "/consents/", f"/consents/{consent.pk}/", "/matches/", f"/matches/{match.pk}/", "/admin/"):
        assert day in owner.get(page).content.decode(), page


def test_the_list_is_read_in_the_order_of_an_index(scene: Scene):
    scene.consented()
    for person in (scene.asker, scene.metro_manager, scene.officer):
        plan = plan_of(MatchFilter({}).chosen(person)[:25])
        assert "Index Scan using match_by_deadline" in plan
        assert "Sort" not in plan


@pytest.mark.parametrize(("text", "found"), [("SITE", 1), ("site 2", 0)])
def test_demands_are_found_by_any_part_of_their_names(scene: Scene, sign_in: SignIn, text: str, found: int):
    answer = sign_in(scene.asker).get(reverse("web:matches"), {"q": text})
    assert answer.content.decode().count(page(scene.match)) == found
    # As the index of texts compares them.
    assert "UPPER" not in str(MatchFilter({"q": text}).chosen(scene.asker).query)


def test_who_is_asked_finds_the_way_to_answer(scene: Scene, sign_in: SignIn):
    match = scene.requested(factories.match(factories.demand(scene.list), [scene.near, scene.far]))
    own, others = match.consents.get(owner=scene.metro), match.consents.get(owner=scene.grid)
    owner = sign_in(scene.metro_manager)
    html = owner.get(page(match)).content.decode()
    assert f'<a href="/consents/{own.pk}/">Open the request to metro</a>' in html
    assert f"/consents/{others.pk}/" not in html and owner.get(f"/consents/{own.pk}/").status_code == 200
    assert "/consents/" not in sign_in(scene.asker).get(page(match)).content.decode().partition("<main")[2]

    consents.grant(own, actor=scene.metro_manager)
    html = owner.get(page(match)).content.decode()
    assert "It waits for the owners asked." in html and "your organization's" not in html
    assert "Open the request" not in html and f'<a href="/consents/{own.pk}/">metro</a>' in html


def test_a_decision_has_its_letters_for_all_who_take_part(scene: Scene, sign_in: SignIn):
    clients = [sign_in(person) for person in (scene.asker, scene.metro_manager, scene.officer)]
    tower = factories.asset(scene.metro, capacity=2)
    undecided = scene.consented(factories.match(factories.demand(scene.list), [tower]))
    agreement = scene.approved()
    links = {f'href="/matches/{scene.match.pk}/letter-{language}.pdf"' for language in ("en", "zh-hans")}
    for client in clients:
        assert "letter-" not in client.get(page(undecided)).content.decode()
        for address in (page(scene.match), f"/agreements/{agreement.pk}/"):
            assert all(link in client.get(address).content.decode() for link in links)
