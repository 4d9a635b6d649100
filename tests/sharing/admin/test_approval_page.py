"""The regulator's morning: sign in, the queue, the page, the decision."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import Allocation, Purpose, Role
from sharing.models import Agreement, Approval, Consent, ConsentStatus, Event, Match, MatchStatus
from sharing.workflow import consents
from sharing.workflow.fingerprint import asked_fingerprint
from tests import factories
from tests.sharing.admin.conftest import SignIn
from tests.sharing.scene import Scene, by_hand, everything, free

QUEUE = "/admin/sharing/match/?waiting=decide"


def page(match: Match) -> str:
    return reverse("admin:sharing_match_change", args=[match.pk])


def do(match: Match, verb: str) -> str:
    return reverse("admin:sharing_match_do", args=[match.pk, verb])


def fingerprint(html: str) -> str:
    found = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', html)
    assert found
    return found[1]


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def more_matches(scene: Scene, count: int) -> list[Match]:
    """Further consented matches, each on a tower of its own."""
    made = []
    for n in range(count):
        tower = factories.asset(scene.metro, capacity=2)
        made.append(scene.consented(factories.match(factories.demand(scene.list, name=f"Extra {n}"), [tower])))
    return made


@pytest.fixture
def officer(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.officer)


def test_a_regulator_without_staff_status_signs_in_and_sees_what_waits(scene: Scene):
    match = scene.consented()
    scene.officer.set_password("a-long-password-of-mine")
    scene.officer.save()
    assert not scene.officer.is_staff
    client = Client()
    response = client.post(
        "/account/sign-in/",
        {"login": "officer", "password": "a-long-password-of-mine", "next": "/admin/"},
        follow=True,
    )
    assert response.redirect_chain == [("/admin/", 302)]
    assert [(str(group.title), group.count) for group in response.context["waiting"]] == [
        ("Matches to decide", 1),
        ("Consents to answer", 0),
        ("Proposals to request", 0),
        ("Lists in draft", 0),
        ("Unread messages", 0),
    ]
    assert f'href="{page(match)}"' in response.content.decode()


def test_who_belongs_to_no_organization_is_told_so(db):
    client = Client()
    client.force_login(factories.user("lonely"))
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert (
        "Your account belongs to no organization yet: ask a manager of yours to invite you."
        in response.content.decode()
    )


def test_the_queue_holds_what_this_person_can_decide_with_the_oldest_deadline_first(scene: Scene, officer: Client):
    first, second, third = more_matches(scene, 3)
    elsewhere = factories.asset(scene.metro, capacity=2, within=factories.XIANGYANG)
    scene.consented(factories.match(factories.demand(scene.list), [elsewhere]))
    scene.requested()
    now = timezone.now()
    for match, days in ((first, 5), (second, -1), (third, 2)):
        Match.objects.filter(pk=match.pk).update(deadline=now + timedelta(days=days))
    response = officer.get(QUEUE)
    assert [match.pk for match in response.context["cl"].result_list] == [second.pk, third.pk, first.pk]
    assert response.content.decode().count("overdue") == 1


def test_the_page_shows_what_the_decision_rests_on(scene: Scene, officer: Client):
    scene.demand.weight_kg = Decimal("35.5")
    scene.demand.save()
    match = factories.match(
        factories.demand(scene.list, name="By the river", quantity=1, weight_kg=Decimal("35.5"), mounting_height_m=20),
        [factories.asset(scene.metro, code="M-7", capacity=3, used=1, weight_kg=Decimal(100))],
        score_parts=[{"code": "distance", "value": 212, "unit": "m", "weight": 0.4, "score": 0.7}],
    )
    match = scene.requested(match)
    consents.grant(match.consents.get(), conditions="Only at night.", actor=scene.metro_manager)
    response = officer.get(page(match))
    html = response.content.decode()
    for text in (
        "By the river",
        "Mounting height, m",
        "M-7",
        "2 → 1 of 3 mounts free",
        "Only at night.",
        "212 m",
        "Consent granted",
        "All owners consented",
        "1,000.00",
    ):
        assert text in html, text
    assert html.count('<svg class="map"') == 1
    assert html.count('<svg class="ledger"') == 2
    [panel] = response.context["ledgers"]
    assert [(line.holder, line.purpose) for line in panel.change.others] == [("metro", Purpose.OWN_USE)]
    assert [(line.holder, line.first, line.after) for line in panel.change.new] == [("telco", 2, 3)]
    [load] = [load for load in panel.change.loads if load.limit == 100]
    assert (load.before, load.after) == (0, Decimal("35.5"))
    assert [offer.button.slug for offer in response.context["offers"]] == ["approve", "reject"]


def test_legs_are_numbered_from_one_on(scene: Scene, officer: Client):
    match = factories.match(factories.demand(scene.list), [scene.near, None, scene.far])
    for leg in match.legs.order_by("-position"):  # the engine counts from one
        match.legs.filter(pk=leg.pk).update(position=leg.position + 1)
    rows = officer.get(page(scene.consented(match))).context["legs"]
    assert [(row.number, row.leg.position) for row in rows] == [(1, 1), (2, 2), (3, 3)]


def test_nothing_of_the_page_needs_what_a_strict_policy_forbids(scene: Scene, officer: Client):
    html = officer.get(page(scene.consented())).content.decode()
    article = html[html.index('<article class="match">') : html.index("</article>")]
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)", article)


def test_approving_grants_the_units(scene: Scene, officer: Client):
    match = scene.consented()
    shown = fingerprint(officer.get(page(match)).content.decode())
    response = officer.post(do(match, "approve"), {"fingerprint": shown}, follow=True)
    assert response.redirect_chain == [(page(match), 302)]
    assert told(response) == ["Approved as shown."]
    match.refresh_from_db()
    assert match.status == MatchStatus.APPROVED
    assert Agreement.objects.get().match == match
    assert list(Allocation.objects.values_list("purpose", flat=True)) == [Purpose.GRANTED]
    assert Approval.objects.get().decided_by == scene.officer
    assert response.context["offers"] == []


def test_a_page_that_is_no_longer_true_is_refused_and_shown_anew(scene: Scene, officer: Client):
    match = scene.consented()
    shown = fingerprint(officer.get(page(match)).content.decode())
    scene.near.refresh_from_db()
    scene.near.capacity = 3
    scene.near.save(update_fields=["capacity"])
    before = everything()
    response = officer.post(do(match, "approve"), {"fingerprint": shown}, follow=True)
    assert everything() == before
    assert told(response)[0].startswith("Nothing was decided: ")
    fresh = fingerprint(response.content.decode())
    assert fresh != shown
    officer.post(do(match, "approve"), {"fingerprint": fresh})
    match.refresh_from_db()
    assert match.status == MatchStatus.APPROVED


def test_a_rejection_carries_its_coded_reason_and_frees_the_units(scene: Scene, officer: Client):
    match = scene.consented()
    response = officer.post(
        do(match, "reject"), {"reason": "planning", "reason_text": "The street is to be widened."}, follow=True
    )
    assert told(response) == ["Rejected; its units are free again."]
    match.refresh_from_db()
    assert match.status == MatchStatus.REJECTED
    assert free(scene.near) == 2
    approval = Approval.objects.get()
    assert (approval.reason, approval.reason_text) == ("planning", "The street is to be widened.")
    html = response.content.decode()
    assert "Conflicts with planning" in html
    assert "The street is to be widened." in html


@pytest.mark.parametrize(
    ("filled", "problem"),
    [
        ({}, "Choose a reason for the rejection."),
        ({"reason": "mood"}, "Select a valid choice. mood is not one of the available choices."),
        ({"reason": "other"}, "Say in words what the other reason is."),
    ],
)
def test_a_rejection_without_a_proper_reason_is_asked_again(scene: Scene, officer: Client, filled, problem: str):
    match = scene.consented()
    before = everything()
    response = officer.post(do(match, "reject"), filled)
    assert response.status_code == 400
    assert problem in response.content.decode()
    assert everything() == before


def test_many_are_approved_at_once_each_as_it_was_shown(scene: Scene, officer: Client):
    matches = more_matches(scene, 3)
    chosen = {"action": "approve_selected", "_selected_action": [match.pk for match in matches]}
    confirm = officer.post(QUEUE, chosen)
    assert confirm.status_code == 200
    shown = {match.pk: text for match, text, *_others in confirm.context["rows"]}
    assert shown.keys() == {match.pk for match in matches}
    tower = matches[1].legs.get().asset
    assert tower is not None
    tower.capacity += 1
    tower.save(update_fields=["capacity"])
    sent = {"match": list(shown)} | {f"fingerprint-{pk}": text for pk, text in shown.items()}
    response = officer.post(confirm.context["url"], sent, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]
    assert told(response)[0] == "2 matches approved."
    assert told(response)[1].startswith(f"Match {matches[1].pk} was left as it is: ")
    assert [match.pk for match in response.context["cl"].result_list] == [matches[1].pk]


def test_the_confirmation_of_many_shows_the_whole_of_each_condition(scene: Scene, officer: Client):
    long = "Only at night, and with an escort of ours. " * 10 + "Never on Sundays."
    match = scene.consented()
    by_hand(f"UPDATE sharing_consent SET conditions = '{long}'")
    html = officer.post(QUEUE, {"action": "approve_selected", "_selected_action": [match.pk]}).content.decode()
    assert html.count("Never on Sundays.") == 1 and f"</summary>{long}</details>" in html
    by_hand("UPDATE sharing_consent SET conditions = 'At night'")
    html = officer.post(QUEUE, {"action": "approve_selected", "_selected_action": [match.pk]}).content.decode()
    assert "<p>At night</p>" in html


def test_many_at_once_are_told_apart_from_those_that_wait_for_a_second_person(scene: Scene, officer: Client):
    core = factories.asset(scene.metro, protection="core", capacity=2)
    matches = [*more_matches(scene, 1), scene.consented(factories.match(factories.demand(scene.list), [core]))]
    chosen = {"action": "approve_selected", "_selected_action": [match.pk for match in matches]}
    confirm = officer.post(QUEUE, chosen)
    sent = {"match": [match.pk for match in matches]}
    sent |= {f"fingerprint-{match.pk}": shown for match, shown, *_others in confirm.context["rows"]}
    response = officer.post(confirm.context["url"], sent, follow=True)
    assert told(response) == ["1 match has the first of two approvals.", "1 match approved."]


def test_many_are_rejected_at_once_for_one_reason(scene: Scene, officer: Client):
    matches = more_matches(scene, 2)
    chosen = {"action": "reject_selected", "_selected_action": [match.pk for match in matches]}
    url = officer.post(QUEUE, chosen).context["url"]
    ids = {"match": [match.pk for match in matches]}
    before = everything()
    again = officer.post(url, {**ids, "reason": "other"})
    assert again.status_code == 400
    assert "Say in words what the other reason is." in again.content.decode()
    assert everything() == before
    response = officer.post(url, {**ids, "reason": "duplicate"}, follow=True)
    assert told(response) == ["2 matches rejected."]
    assert set(Approval.objects.values_list("reason", flat=True)) == {"duplicate"}


def test_the_confirmation_says_which_of_the_chosen_cannot_be_decided(scene: Scene, officer: Client):
    match = scene.requested()
    response = officer.post("/admin/sharing/match/", {"action": "approve_selected", "_selected_action": [match.pk]})
    [(_match, _fingerprint, _core, refusal, *_others)] = response.context["rows"]
    assert refusal.message in response.content.decode()
    assert response.context["open_count"] == 0


def test_a_core_asset_waits_for_a_second_person(scene: Scene, officer: Client, sign_in: SignIn):
    core = factories.asset(scene.metro, protection="core", capacity=2)
    match = scene.consented(factories.match(factories.demand(scene.list), [core]))
    html = officer.get(page(match)).content.decode()
    assert "Core asset: two approvals" in html
    response = officer.post(do(match, "approve"), {"fingerprint": fingerprint(html)}, follow=True)
    assert told(response) == ["The first of two approvals is given; a second person must approve too."]
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED
    mine = officer.get(page(match))
    assert [offer.button.slug for offer in mine.context["offers"]] == ["reject"]
    assert list(officer.get(QUEUE).context["cl"].result_list) == []
    second = sign_in(scene.second_officer)
    shown = fingerprint(second.get(page(match)).content.decode())
    second.post(do(match, "approve"), {"fingerprint": shown})
    match.refresh_from_db()
    assert match.status == MatchStatus.APPROVED


OVER = "It no longer counts: what was approved has changed since, or who gave it may not decide here now."


def test_the_page_says_when_a_first_approval_no_longer_counts(scene: Scene, officer: Client, sign_in: SignIn):
    core = factories.asset(scene.metro, protection="core", capacity=2)
    match = scene.consented(factories.match(factories.demand(scene.list), [core]))
    shown = fingerprint(officer.get(page(match)).content.decode())
    officer.post(do(match, "approve"), {"fingerprint": shown})
    second = sign_in(scene.second_officer)
    assert OVER not in second.get(page(match)).content.decode()
    core.refresh_from_db()
    core.capacity = 200
    core.save(update_fields=["capacity"])
    for site in (page(match), reverse("web:match", args=[match.pk])):
        html = second.get(site).content.decode()
        assert html.count(OVER) == 1
    mine = officer.get(page(match))
    assert [offer.button.slug for offer in mine.context["offers"]] == ["reject"]
    assert list(officer.get(QUEUE).context["cl"].result_list) == []
    shown = fingerprint(second.get(page(match)).content.decode())
    response = second.post(do(match, "approve"), {"fingerprint": shown}, follow=True)
    assert told(response) == ["The first of two approvals is given; a second person must approve too."]
    assert response.content.decode().count(OVER) == 1
    assert [one.pk for one in officer.get(QUEUE).context["cl"].result_list] == [match.pk]


def answer(consent: Consent, verb: str) -> str:
    return reverse("admin:sharing_consent_do", args=[consent.pk, verb])


def pages_to_answer_on(consent: Consent) -> list[str]:
    return [reverse("admin:sharing_consent_change", args=[consent.pk]), page(consent.match)]


def test_an_owner_grants_on_the_page_of_its_consent(scene: Scene, sign_in: SignIn):
    match = scene.requested()
    consent = match.consents.get()
    client = sign_in(scene.metro_manager)
    response = client.get(reverse("admin:sharing_consent_change", args=[consent.pk]))
    assert [offer.button.slug for offer in response.context["offers"]] == ["grant", "refuse"]
    sent = {"conditions": "Ring first.", "fingerprint": fingerprint(response.content.decode())}
    client.post(answer(consent, "grant"), sent)
    match.refresh_from_db()
    assert match.status == MatchStatus.CONSENTED
    assert match.consents.get().conditions == "Ring first."


def test_an_owner_refuses_with_a_coded_reason(scene: Scene, sign_in: SignIn):
    match = scene.requested()
    consent = match.consents.get()
    client = sign_in(scene.metro_manager)
    url = answer(consent, "refuse")
    shown = fingerprint(client.get(page(match)).content.decode())
    again = client.post(url, {"fingerprint": shown})
    assert (again.status_code, fingerprint(again.content.decode())) == (400, shown)
    client.post(url, {"reason": "no_space", "fingerprint": shown})
    match.refresh_from_db()
    assert match.status == MatchStatus.REFUSED


@pytest.mark.parametrize(("verb", "sent"), [("grant", {}), ("refuse", {"reason": "no_space"})])
def test_an_owner_answers_only_what_was_shown(scene: Scene, sign_in: SignIn, verb: str, sent: dict[str, str]):
    consent = scene.requested().consents.get()
    client = sign_in(scene.metro_manager)
    shown = [fingerprint(client.get(address).content.decode()) for address in pages_to_answer_on(consent)]
    assert shown == [asked_fingerprint(consent)] * 2
    assert client.post(answer(consent, verb), sent).status_code == 400
    by_hand("UPDATE sharing_matchleg SET quantity = 1")
    before = everything()
    for outdated in shown:
        response = client.post(answer(consent, verb), {**sent, "fingerprint": outdated}, follow=True)
        assert "This has changed since it was shown to you" in told(response)[0]
    assert everything() == before
    client.post(answer(consent, verb), {**sent, "fingerprint": fingerprint(response.content.decode())})
    consent.refresh_from_db()
    assert consent.status != ConsentStatus.PENDING


def test_an_operator_requests_and_withdraws_on_the_page_of_a_match(scene: Scene, sign_in: SignIn):
    client = sign_in(scene.asker)
    response = client.get(page(scene.match))
    assert [offer.button.slug for offer in response.context["offers"]] == ["request"]
    [panel] = response.context["ledgers"]
    assert (panel.change.predicted, panel.change.free_before, panel.change.free_after) == (True, 2, 0)
    client.post(do(scene.match, "request"))
    assert Match.objects.get(pk=scene.match.pk).status == MatchStatus.REQUESTED
    client.post(do(scene.match, "withdraw"))
    assert Match.objects.get(pk=scene.match.pk).status == MatchStatus.WITHDRAWN


def test_units_taken_by_others_meanwhile_are_a_message(scene: Scene, sign_in: SignIn):
    factories.allocate(scene.near, 2)
    response = sign_in(scene.asker).post(do(scene.match, "request"), follow=True)
    instead = scene.runner_up.pk
    link = f'<a href="/matches/{instead}/">Match {instead} still fits.</a>'
    assert told(response) == [f"Nothing was done: NEAR: 2 mounts asked, 0 free through the whole period. {link}"]
    assert link in response.content.decode()


def test_a_verb_is_carried_out_by_post_alone(scene: Scene, officer: Client):
    match = scene.consented()
    events = Event.objects.count()
    assert officer.get(do(match, "approve")).status_code == 302
    assert officer.post(do(match, "explode")).status_code == 404
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anonymous", 302),
        ("without membership", 302),
        ("third party", 404),
        ("demander's manager", 403),
        ("owner's manager", 403),
        ("regulator elsewhere", 404),
        ("regulator's viewer", 403),
    ],
)
def test_no_one_else_decides(scene: Scene, people, sign_in: SignIn, who: str, status: int):
    match = scene.consented()
    person = people[who]
    client = sign_in(person) if person else Client()
    before = everything()
    for verb, sent in (("approve", {"fingerprint": "0" * 64}), ("reject", {"reason": "planning"})):
        assert client.post(do(match, verb), sent).status_code == status
    assert everything() == before


def test_a_regulator_does_not_decide_on_a_match_of_their_own_organization(scene: Scene, sign_in: SignIn):
    both = factories.member(scene.metro, Role.VIEWER, "both")
    both.memberships.create(organization=scene.city, role=Role.MANAGER)
    match = scene.consented()
    client = sign_in(both)
    assert client.get(page(match)).context["offers"] == []
    assert list(client.get(QUEUE).context["cl"].result_list) == []
    assert client.post(do(match, "approve"), {"fingerprint": "0" * 64}).status_code == 403


@pytest.mark.parametrize("number", ["9" * 40, "abc", "-1", "٣", ""])
def test_what_is_no_id_chooses_nothing(scene: Scene, officer: Client, number: str):
    scene.consented()
    before = everything()
    response = officer.post(QUEUE, {"action": "approve_selected", "_selected_action": [number]}, follow=True)
    assert told(response) == ["Choose from the rows of the list."]
    decide = reverse("admin:sharing_match_decide", args=["approve"])
    response = officer.post(decide, {"match": [number], f"fingerprint-{number}": "0" * 64}, follow=True)
    assert told(response) == ["Choose at least one match."]
    assert everything() == before


@pytest.mark.parametrize("question", ["status__exact=%00", "waiting=%00", "q=%00", "p=" + "9" * 40, "run__in=abc"])
def test_a_senseless_address_is_no_error_of_the_registrys_own(scene: Scene, officer: Client, question: str):
    assert officer.get(f"/admin/sharing/match/?{question}", follow=True).status_code in (200, 400)
