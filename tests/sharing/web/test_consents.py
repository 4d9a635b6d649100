"""An owner's queue, one request, and the answer to one or to many."""

import re
from datetime import date

import pytest
from django.test import Client

from registry.models import Role
from sharing.models import Consent, ConsentStatus, Match, MatchStatus, Notification
from sharing.notifications import outbox
from tests import factories
from tests.sharing.scene import Scene, by_hand, everything
from tests.sharing.web.conftest import SignIn

DONE = '<span class="tag tag-good">'


@pytest.fixture
def asked(scene: Scene) -> Consent:
    scene.requested()
    return scene.match.consents.get()


@pytest.fixture
def owner(scene: Scene, sign_in: SignIn) -> Client:
    return sign_in(scene.metro_manager)


def fingerprint(client: Client, consent: Consent) -> str:
    found = re.search(
        r'name="fingerprint" value="([0-9a-f]{64})"', client.get(f"/consents/{consent.pk}/").content.decode()
    )
    assert found
    return found[1]


def more(scene: Scene, count: int) -> list[Consent]:
    """Further requests to the same owner, each for a tower of its own."""
    made = []
    for n in range(count):
        match = factories.match(factories.demand(scene.list, name=f"More {n}"), [factories.asset(scene.metro)])
        made.append(scene.requested(match).consents.get())
    return made


def preview(client: Client, verb: str, rows: list[Consent]) -> dict[str, str]:
    """The form that the preview of a bulk answer sends on."""
    html = client.post(f"/consents/many/{verb}/", {"consent": [row.pk for row in rows]}).content.decode()
    return dict(re.findall(r'name="(fingerprint-\d+)" value="([0-9a-f]{64})"', html))


def test_the_queue_is_by_deadline_and_says_what_is_asked(scene: Scene, asked: Consent, owner: Client):
    [later] = more(scene, 1)
    Consent.objects.filter(pk=asked.pk).update(deadline=later.deadline.replace(year=2099))
    page = owner.get("/consents/")
    assert [row.record.pk for row in page.context["table"].paginated_rows] == [later.pk, asked.pk]
    html = page.content.decode()
    assert "2 mounts of NEAR" in html
    assert f'name="consent" value="{asked.pk}"' in html


def test_answered_ones_have_a_tab_of_their_own(scene: Scene, owner: Client):
    scene.consented()
    assert "Nothing is asked of you here" in owner.get("/consents/").content.decode()
    assert "Site 1" in owner.get("/consents/?show=answered").content.decode()


def test_the_page_shows_what_is_asked_and_what_stays_free(scene: Scene, asked: Consent, owner: Client):
    html = owner.get(f"/consents/{asked.pk}/").content.decode()
    for words in ("Request: Site 1", "telco", "NEAR", "2 → 0 of 2 mounts free", "Grant…", "Refuse…"):
        assert words in html
    assert owner.get(f"/consents/{asked.pk}/").context["fee"] == 2000


def test_it_is_granted_with_conditions(scene: Scene, asked: Consent, owner: Client):
    form = {"conditions": "Only at night", "fingerprint": fingerprint(owner, asked)}
    answer = owner.post(f"/consents/{asked.pk}/do/grant/", form, follow=True)
    assert answer.redirect_chain == [(f"/consents/{asked.pk}/", 302)]
    asked.refresh_from_db()
    assert (asked.status, asked.conditions, asked.answered_by) == ("granted", "Only at night", scene.metro_manager)
    html = answer.content.decode()
    assert "Granted; the party has been told." in html
    assert "Only at night" in html
    assert "Grant…" not in html


def test_a_refusal_needs_a_reason_and_words_for_other_and_nothing_typed_is_lost(
    scene: Scene, asked: Consent, owner: Client
):
    shown, before = fingerprint(owner, asked), everything()
    url = f"/consents/{asked.pk}/do/refuse/"
    without = owner.post(url, {"reason_text": "We build there", "fingerprint": shown})
    assert (without.status_code, "Choose a reason for the refusal." in without.content.decode()) == (400, True)
    assert "We build there" in without.content.decode()
    other = owner.post(url, {"reason": "other", "fingerprint": shown})
    assert (other.status_code, "Say in words what the other reason is." in other.content.decode()) == (400, True)
    assert everything() == before
    owner.post(url, {"reason": "alternative", "reason_text": "Take FAR", "fingerprint": shown})
    asked.refresh_from_db()
    assert (asked.status, asked.reason, asked.reason_text) == ("refused", "alternative", "Take FAR")


def test_a_page_that_is_no_longer_true_decides_nothing(scene: Scene, asked: Consent, owner: Client):
    shown = fingerprint(owner, asked)
    by_hand("UPDATE sharing_matchleg SET quantity = 1")
    before = everything()
    answer = owner.post(f"/consents/{asked.pk}/do/grant/", {"fingerprint": shown}, follow=True)
    assert "This has changed since it was shown to you" in answer.content.decode()
    assert everything() == before
    owner.post(f"/consents/{asked.pk}/do/grant/", {"fingerprint": fingerprint(owner, asked)})
    asked.refresh_from_db()
    assert asked.status == ConsentStatus.GRANTED


def test_what_was_written_on_a_page_that_is_no_longer_true_is_there_on_the_next(
    scene: Scene, asked: Consent, owner: Client
):
    """Others hold another unit of the asset meanwhile: what was asked is as it was, and so are the words."""
    url, shown = f"/consents/{asked.pk}/do/refuse/", fingerprint(owner, asked)
    factories.allocate(scene.near, start=date(2020, 1, 1), end=date(2020, 2, 1))
    written = {"reason": "other", "reason_text": "The mast <moves>.", "fingerprint": shown}

    page = owner.post(url, written, follow=True)

    refuse = next(offer for offer in page.context["offers"] if offer.button.slug == "refuse")
    assert refuse.is_open and 'class="verb" open' in page.content.decode()
    assert [refuse.form[name].value() for name in ("reason", "reason_text")] == ["other", "The mast <moves>."]
    assert "The mast &lt;moves&gt;.</textarea>" in page.content.decode()
    assert refuse.form["fingerprint"].value() not in ("", shown)
    assert 'class="verb" open' not in owner.get(f"/consents/{asked.pk}/").content.decode()
    owner.post(url, {name: refuse.form[name].value() for name in written})
    asked.refresh_from_db()
    assert (asked.status, asked.reason_text) == ("refused", "The mast <moves>.")


@pytest.mark.parametrize("who", ["stranger", "grid_manager"])
def test_a_request_to_another_is_as_absent(scene: Scene, asked: Consent, sign_in: SignIn, who: str):
    client, before = sign_in(getattr(scene, who)), everything()
    for path in (f"/consents/{asked.pk}/", f"/consents/{asked.pk + 999}/"):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}do/grant/", {"fingerprint": "0"}).status_code == 404
    assert client.post("/consents/many/grant/", {"consent": [asked.pk]}).status_code == 404
    assert everything() == before


def test_an_editor_of_the_owner_reads_and_answers_nothing(scene: Scene, asked: Consent, sign_in: SignIn):
    client = sign_in(factories.member(scene.metro, Role.EDITOR))
    html = client.get("/consents/").content.decode()
    assert "Site 1" in html
    assert 'name="consent"' not in html
    page = client.get(f"/consents/{asked.pk}/")
    assert (page.status_code, page.context["offers"]) == (200, [])
    before = everything()
    assert client.post(f"/consents/{asked.pk}/do/grant/", {"fingerprint": "0"}).status_code == 403
    assert everything() == before


def test_the_preview_says_which_would_fail_and_why(scene: Scene, asked: Consent, owner: Client):
    [other] = more(scene, 1)
    scene.asker.organizations_as(Role.MANAGER)
    Consent.objects.filter(pk=other.pk).update(status=ConsentStatus.LAPSED)
    before = everything()
    page = owner.post("/consents/many/grant/", {"consent": [asked.pk, other.pk]})
    assert [(line.consent.pk, bool(line.refusal)) for line in page.context["lines"]] == [
        (asked.pk, False),
        (other.pk, True),
    ]
    assert "the status is “Lapsed”" in page.content.decode()
    assert everything() == before


def test_many_are_granted_each_on_its_own(scene: Scene, asked: Consent, owner: Client):
    rows = [asked, *more(scene, 2)]
    shown = preview(owner, "grant", rows)
    by_hand(f"UPDATE sharing_matchleg SET quantity = 2 WHERE match_id = {rows[1].match_id}")
    form = {"confirmed": "yes", "consent": [row.pk for row in rows], "conditions": "By day", **shown}
    page = owner.post("/consents/many/grant/", form)
    assert list(Consent.objects.order_by("pk").values_list("status", "conditions")) == [
        ("granted", "By day"), ("pending", ""), ("granted", "By day"),
    ]  # fmt: skip
    html = page.content.decode()
    assert "2 requests granted." in html
    assert "1 request was left as it is." in html
    assert [(line.consent.pk, bool(line.refusal)) for line in page.context["lines"]] == [
        (rows[1].pk, True), (rows[0].pk, False), (rows[2].pk, False),
    ]  # fmt: skip


def test_many_on_one_asset_do_not_make_each_other_stale(scene: Scene, owner: Client):
    tower = factories.asset(scene.metro, capacity=4)
    rows = [scene.requested(factories.match(factories.demand(scene.list), [tower])).consents.get() for _n in range(3)]
    shown = preview(owner, "refuse", rows)
    form = {"confirmed": "yes", "consent": [row.pk for row in rows], "reason": "future_need", **shown}
    owner.post("/consents/many/refuse/", form)
    assert set(Match.objects.filter(pk__in=[row.match_id for row in rows]).values_list("status", flat=True)) == {
        MatchStatus.REFUSED
    }


def test_a_bulk_refusal_asks_for_its_reason_again(scene: Scene, asked: Consent, owner: Client):
    form = {"confirmed": "yes", "consent": [asked.pk], **preview(owner, "refuse", [asked])}
    before = everything()
    page = owner.post("/consents/many/refuse/", form)
    assert (page.status_code, "Choose a reason for the refusal." in page.content.decode()) == (400, True)
    assert everything() == before
    other = owner.post("/consents/many/refuse/", {**form, "reason": "other"})
    assert (other.status_code, "Say in words what the other reason is." in other.content.decode()) == (400, True)
    assert everything() == before


@pytest.mark.parametrize("chosen", [[], ["x"], [str(n) for n in range(1, 202)]])
def test_none_and_too_many_are_told(scene: Scene, owner: Client, chosen: list[str]):
    answer = owner.post("/consents/many/grant/", {"consent": chosen}, follow=True)
    assert "Choose at " in answer.content.decode()
    assert answer.redirect_chain == [("/consents/", 302)]


def test_a_message_leads_to_the_page(scene: Scene, asked: Consent, owner: Client):
    outbox.dispatch()
    told = Notification.objects.get(recipient=scene.metro_manager, channel="inbox")
    assert owner.post(f"/inbox/{told.pk}/open/")["Location"] == f"/consents/{asked.pk}/"


def test_queue_page_and_preview_cost_the_same_for_many(
    scene: Scene, asked: Consent, owner: Client, django_assert_num_queries
):
    few = [asked]
    for rows in (few, [*few, *more(scene, 8)]):
        with django_assert_num_queries(7):
            owner.get("/consents/")
        with django_assert_num_queries(13):
            owner.post("/consents/many/grant/", {"consent": [row.pk for row in rows]})
    legs = [factories.asset(scene.metro) for _n in range(6)]
    long = scene.requested(factories.match(factories.demand(scene.list), legs)).consents.get()
    for consent in (asked, long):
        with django_assert_num_queries(18):
            owner.get(f"/consents/{consent.pk}/")


def test_boxes_are_shown_with_their_buttons_alone(scene: Scene, asked: Consent, owner: Client, sign_in: SignIn):
    box, button = f'name="consent" value="{asked.pk}"', "/consents/many/grant/"
    pages = {show: owner.get("/consents/", {"show": show}).content.decode() for show in ("", "all", "answered")}
    assert {show: (box in html, button in html, '"choose"' in html) for show, html in pages.items()} == {
        "": (True, True, True), "all": (False, False, False), "answered": (False, False, False),
    }  # fmt: skip
    viewer = sign_in(factories.member(scene.metro, Role.VIEWER, "viewer"))
    html = viewer.get("/consents/").content.decode()
    assert asked.match.demand.name in html and (box in html, button in html, '"choose"' in html) == (False,) * 3


def test_no_success_is_told_where_nothing_was_answered(scene: Scene, asked: Consent, owner: Client):
    sent = {"consent": [asked.pk], "confirmed": "1", f"fingerprint-{asked.pk}": "0" * 64}
    html = owner.post("/consents/many/grant/", sent).content.decode()
    assert "1 request was left as it is." in html
    assert "message success" not in html and "0 requests granted" not in html
