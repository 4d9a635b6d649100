"""Of an owner who is hidden from a reader neither name nor words nor price are told, at whichever door; and whom a
line asks sees the line alone, as it was when it was asked, not the title of its list."""

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core import mail
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.models import Protection, User
from sharing.models import Consent, Demand, Event, EventType, Match, MatchRun
from sharing.notifications import outbox
from sharing.notifications.messages import message
from sharing.seen import hides_owner
from sharing.shown.letter import letter
from sharing.workflow import agreements, approvals, consents, lists, webhooks
from sharing.workflow.fingerprint import fingerprint_of
from tests import factories
from tests.calls import Caller, body_of
from tests.sharing.scene import Scene
from tests.sharing.web.test_reports import text_of

pytestmark = pytest.mark.django_db

WORDS = "Only through Lake Road 7"


@pytest.fixture
def match(scene: Scene) -> Match:
    """On a core asset of one owner, and an open one of another, to whom the first is hidden."""
    core = factories.asset(scene.grid, protection=Protection.CORE, capacity=2, code="CORE")
    return scene.requested(factories.match(factories.demand(scene.list, name="Site 2"), [scene.near, core]))


def doors(match: Match) -> list[str]:
    """Addresses at which the history of a match and the answers to it are told."""
    found = [
        f"/matches/{match.pk}/", f"/api/v1/matches/{match.pk}/", f"/api/v1/events/?match={match.pk}",
        f"/api/v1/events/?match={match.pk}&format=csv", "/api/v1/notifications/", "/inbox/",
        "/monitoring/audit/?of=events", "/monitoring/audit/?of=events&format=csv",
        f"/admin/sharing/match/{match.pk}/change/", f"/admin/sharing/event/?match={match.pk}",
    ]  # fmt: skip
    agreement = getattr(match, "agreement", None)
    if agreement:
        found += [f"/agreements/{agreement.pk}/", f"/api/v1/agreements/{agreement.pk}/"]
        found += [f"/admin/sharing/agreement/{agreement.pk}/change/"]
    return found


def telling(words: str, reader: User, match: Match) -> set[str]:
    """The doors at which `reader` reads the words."""
    return telling_at(doors(match), words, reader)


def telling_at(addresses: Iterable[str], words: str, reader: User) -> set[str]:
    """The addresses at which `reader` reads the words."""
    client, found = signed_in(reader), set()
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, (address, response)
        content = body_of(response)
        if words in (text_of(content) if address.endswith(".pdf") else content.decode()):
            found.add(address)
    return found


def signed_in(reader: User) -> Client:
    client = Client()
    client.force_login(reader)
    return client


def answered(match: Match, owner: Any) -> Any:
    return match.consents.get(owner=owner)


def test_the_conditions_of_a_hidden_owner_are_not_told_to_another(scene: Scene, match: Match):
    consents.grant(answered(match, scene.grid), conditions=WORDS, actor=scene.grid_manager)
    outbox.dispatch()
    shown = Caller(scene.metro_manager).get(f"matches/{match.pk}/").json()
    assert (shown["hidden_consents"], len(shown["consents"])) == (1, 1)
    assert telling(WORDS, scene.metro_manager, match) == set()
    # Who may know the owner reads its words: the party as it consented, the regulator, and itself.
    for reader in (scene.asker, scene.officer, scene.grid_manager):
        assert {f"/matches/{match.pk}/", f"/api/v1/events/?match={match.pk}"} <= telling(WORDS, reader, match)


def test_of_a_hidden_owners_refusal_the_coded_reason_is_told(scene: Scene, match: Match):
    consents.refuse(answered(match, scene.grid), reason="safety", reason_text=WORDS, actor=scene.grid_manager)
    outbox.dispatch()
    for reader in (scene.metro_manager, scene.asker):
        assert telling(WORDS, reader, match) == set()
        assert {f"/matches/{match.pk}/", "/inbox/"} <= telling("Safety or security", reader, match)
        event = Event.objects.get(type=EventType.MATCH_REFUSED)
        assert hides_owner(event, reader)
        assert message(event, hides_owner=True).text == (
            "an owner refused Site 2: Safety or security. The units are free again. Another match that fits is told "
            "of; where none comes, telco can match the list again."
        )
    [told] = Caller(scene.asker).get("events/", match=match.pk, type="match.refused").json()["results"]
    assert told["data"] == {"reason": "safety"}
    assert not any(WORDS in str(letter.body) for letter in mail.outbox)
    assert f"/matches/{match.pk}/" in telling(WORDS, scene.officer, match)


def test_what_a_hidden_asset_and_the_gap_beside_it_cost_is_told_in_the_total_alone(scene: Scene):
    """As a gap costs so much a metre, it would tell how long it is, and so where the asset ends."""
    known, core = (factories.asset(owner, "duct", capacity=2) for owner in (scene.metro, scene.grid))
    factories.protect(core, Protection.CORE)
    match = factories.match(factories.demand(scene.list, "duct"), [known, None, core], cost_per_year=1021.36)
    for position, cost in enumerate((117.25, 567.89, 336.22)):
        match.legs.filter(position=position).update(cost_per_year=cost)
    legs = Caller(scene.asker).get(f"matches/{match.pk}/").json()["legs"]
    assert [leg["cost_per_year"] for leg in legs] == [117.25, None, None]
    scene.consented(match)
    for officer in (scene.officer, scene.second_officer):
        match = Match.objects.get(pk=match.pk)
        approvals.approve(match, fingerprint=fingerprint_of(match), actor=officer)
    match = Match.objects.get(pk=match.pk)
    with_legs = {
        f"/matches/{match.pk}/", f"/api/v1/matches/{match.pk}/", f"/agreements/{match.agreement.pk}/",
        f"/admin/sharing/match/{match.pk}/change/",
    }  # fmt: skip
    for cost, reader, told in (
        ("117.25", scene.metro_manager, with_legs),
        ("567.89", scene.metro_manager, set()),
        ("336.22", scene.metro_manager, set()),
        ("567.89", scene.asker, with_legs),
        ("336.22", scene.officer, with_legs),
    ):
        assert telling(cost, reader, match) == told, (cost, reader)
        assert (cost in text_of(letter(match, reader))) == bool(told)


def test_why_a_hidden_owner_ends_an_agreement_is_not_told(scene: Scene, match: Match):
    for owner, actor in ((scene.grid, scene.grid_manager), (scene.metro, scene.metro_manager)):
        consents.grant(answered(match, owner), actor=actor)
    match.refresh_from_db()
    for officer in (scene.officer, scene.second_officer):
        approvals.approve(match, fingerprint=fingerprint_of(match), actor=officer)
    match = Match.objects.get(pk=match.pk)
    agreements.end(match.agreement, reason=WORDS, actor=scene.grid_manager)
    outbox.dispatch()
    assert telling(WORDS, scene.metro_manager, match) == set()
    assert f"/agreements/{match.agreement.pk}/" in telling(WORDS, scene.asker, match)
    for event in Event.objects.filter(agreement=match.agreement, organization=scene.grid):
        assert WORDS not in message(event, hides_owner=True).text
        assert WORDS in message(event).text


TITLE = "Harbourfront"


@pytest.fixture
def approved(scene: Scene) -> Match:
    """A match on a line of a list with that title, after all that anybody is told of it on the way."""
    for of, manager in ((scene.party, scene.asker), (scene.metro, scene.metro_manager), (scene.city, scene.officer)):
        webhooks.create(of, name="works", url=f"https://{of.code}.example/in", actor=manager)
    scene.list.title = TITLE
    scene.list.save()
    match = scene.approved().match
    outbox.dispatch()
    return match


def doors_of_line(match: Match) -> list[str]:
    """Addresses at which the title of the list of a line is told to those who see the list."""
    demand, asked = match.demand_id, match.events.filter(type=EventType.MATCH_REQUESTED).get()
    return [
        f"/matches/{match.pk}/", f"/matches/{match.pk}/letter-en.pdf", f"/demands/{demand}/",
        "/inbox/", "/search/?q=site", "/search/?q=site&in=demand", "/api/v1/search/?q=site",
        f"/admin/sharing/match/{match.pk}/change/", f"/admin/sharing/consent/{match.consents.get().pk}/change/",
        f"/admin/sharing/demand/{demand}/change/", f"/admin/sharing/event/{asked.pk}/change/",
        "/admin/sharing/match/", "/admin/sharing/demand/",
    ]  # fmt: skip


def test_the_title_of_its_list_is_told_with_a_line_to_those_who_see_the_list(scene: Scene, approved: Match):
    told = doors_of_line(approved)
    others = [
        *doors(approved), "/", "/matches/", "/consents/", f"/consents/{approved.consents.get().pk}/",
        "/admin/sharing/consent/", "/admin/sharing/event/", "/admin/sharing/notification/",
        "/admin/sharing/webhookdelivery/", "/admin/sharing/agreement/", "/api/v1/demands/", "/api/v1/consents/",
    ]  # fmt: skip
    assert telling_at([*told, *others], TITLE, scene.metro_manager) == set()
    for reader in (scene.asker, scene.officer, factories.user("root", is_superuser=True, is_staff=True)):
        expected = set(told) if reader.roles else set(told) - {"/inbox/"}
        assert expected - telling_at(told, TITLE, reader) == set()


def test_an_owner_asked_about_a_line_opens_no_form_with_the_lines_beside_it(scene: Scene, approved: Match):
    change = f"/demands/{approved.demand_id}/change/"
    assert signed_in(scene.metro_manager).get(change).status_code == 404
    assert TITLE in signed_in(scene.asker).get(change).content.decode()


def rows_of(client: Client, noun: str, text: str) -> int:
    return len(client.get(f"/admin/sharing/{noun}/", {"q": text}).context["cl"].result_list)


SEARCHES: dict[str, Callable[[Client, str], int]] = {
    **{
        noun: lambda client, text, noun=noun: rows_of(client, noun, text)  # type: ignore[misc]
        for noun in ("match", "consent", "event", "notification", "demand", "webhookdelivery")
    },
    "twin": lambda client, text: len(
        client.get(
            "/admin/autocomplete/",
            {"app_label": "sharing", "model_name": "demand", "field_name": "disjoint_from", "term": text},
        ).json()["results"]
    ),
    "audit": lambda client, text: len(client.get("/monitoring/audit/", {"text": text}).context["table"].rows),
    "site": lambda client, text: len(client.get("/search/", {"q": text}).context["groups"]),
    "API": lambda client, text: len(client.get("/api/v1/search/", {"q": text}).json()["results"]),
}


@pytest.mark.parametrize("search", SEARCHES)
def test_the_title_of_a_list_finds_something_for_those_who_see_the_list(scene: Scene, approved: Match, search: str):
    found = SEARCHES[search]
    owner = signed_in(scene.metro_manager)
    assert found(owner, TITLE[:6]) == found(owner, TITLE) == 0
    assert found(owner, "Site 1") > 0
    for reader in (scene.asker, scene.officer, factories.user("root", is_superuser=True, is_staff=True)):
        assert found(signed_in(reader), TITLE[:6]) > 0


BUDGET, PLACE = 987_654, (114.4567, 30.6543)
DRAFTED = ("987654", "987,654", "114.4567", "30.6543", "2031-05-06", "2031, 5, 6")


def reads(reader: User, addresses: Iterable[str]) -> dict[str, str]:
    """By address what `reader` is shown; nothing for what is not theirs to see."""
    client = signed_in(reader)
    found = {address: client.get(address) for address in addresses}
    assert {response.status_code for response in found.values()} <= {200, 404}
    return {
        address: body_of(response).decode() if response.status_code == 200 else ""
        for address, response in found.items()
    }


@pytest.fixture
def refused_match(scene: Scene) -> Match:
    """Of an owner who was asked, and refused; what is asked for is within the owner's reach."""
    demand = factories.demand(scene.list, name="Site 9", budget_per_year=4321)
    match = scene.requested(factories.match(demand, [scene.near]))
    consents.refuse(match.consents.get(), reason="safety", actor=scene.metro_manager)
    outbox.dispatch()
    return Match.objects.get(pk=match.pk)


def redrafted(scene: Scene, match: Match, **fields: Any) -> Demand:
    """Its line, in a draft again."""
    lists.reopen(scene.list, actor=scene.asker)
    demand = Demand.objects.get(pk=match.demand_id)
    for name, value in fields.items():
        setattr(demand, name, value)
    return lists.change_demand(demand, actor=scene.asker)


def doors_of_asked(match: Match) -> list[str]:
    """Addresses at which an owner may read of a line that it was asked about."""
    demand, asset = match.demand_id, match.legs.get().asset_id
    consent = match.consents.get().pk
    return [
        *doors(match), f"/consents/{consent}/", f"/api/v1/consents/{consent}/", f"/demands/{demand}/",
        f"/api/v1/demands/{demand}/", "/api/v1/demands/", "/api/v1/demands/?format=csv",
        "/ogc/collections/demands/items?f=json", f"/ogc/collections/demands/items/{demand}?f=json",
        "/search/?q=site+9", "/api/v1/search/?q=site+9", f"/assets/{asset}/", "/consents/?show=answered", "/matches/",
        f"/admin/sharing/demand/{demand}/change/", "/admin/sharing/demand/",
        f"/admin/sharing/consent/{consent}/change/", "/admin/sharing/match/",
    ]  # fmt: skip


def test_an_owner_who_was_asked_once_reads_nothing_of_what_the_party_makes_of_the_line_later(
    scene: Scene, refused_match: Match
):
    addresses = doors_of_asked(refused_match)
    before = reads(scene.metro_manager, addresses)
    assert "4,321" in before[f"/consents/{refused_match.consents.get().pk}/"]
    assert "4,321" in before[f"/demands/{refused_match.demand_id}/"]
    place, days = Point(*PLACE, srid=4326), DateRange(date(2031, 5, 6), date(2032, 1, 1))
    redrafted(scene, refused_match, budget_per_year=BUDGET, location=place, period=days)
    after = reads(scene.metro_manager, addresses)
    for address, shown in after.items():
        for text in (*DRAFTED, "4,321"):
            assert text not in shown, (address, text)
    demand = refused_match.demand_id
    gone = {address for address in addresses if before[address] and not after[address]}
    assert gone == {
        f"/demands/{demand}/", f"/api/v1/demands/{demand}/", f"/admin/sharing/demand/{demand}/change/",
        f"/ogc/collections/demands/items/{demand}?f=json",
    }  # fmt: skip
    assert f"/demands/{demand}/" not in "".join(after.values())
    [told] = [json.loads(after[f"/api/v1/matches/{refused_match.pk}/"])]
    assert (told["period"], told["kind"]) == (None, "tower")
    # The party reads its line, and on the match that it is another.
    mine = reads(scene.asker, [f"/demands/{demand}/", f"/matches/{refused_match.pk}/"])
    assert "987,654" in mine[f"/demands/{demand}/"]
    assert "987,654" not in mine[f"/matches/{refused_match.pk}/"]
    assert f"/demands/{demand}/" in mine[f"/matches/{refused_match.pk}/"]


def test_a_line_that_is_as_it_was_is_still_read_by_the_owner_who_was_asked(scene: Scene, refused_match: Match):
    redrafted(scene, refused_match)
    shown = reads(scene.metro_manager, doors_of_asked(refused_match))
    for address in (
        f"/demands/{refused_match.demand_id}/", f"/matches/{refused_match.pk}/",
        f"/consents/{refused_match.consents.get().pk}/", f"/admin/sharing/match/{refused_match.pk}/change/",
    ):  # fmt: skip
        assert "4,321" in shown[address], address


def test_an_owner_who_is_asked_anew_reads_the_line_as_it_is_by_then(scene: Scene, refused_match: Match):
    demand = redrafted(scene, refused_match, budget_per_year=BUDGET)
    run = lists.submit(scene.list, actor=scene.asker)
    MatchRun.objects.filter(pk=run.pk).update(status="done")
    again = factories.match(demand, [scene.near], run=run)
    lists.record_matched(run)
    scene.requested(again)
    shown = reads(
        scene.metro_manager, [f"/demands/{demand.pk}/", *(f"/matches/{one.pk}/" for one in (refused_match, again))]
    )
    assert ["987,654" in page for page in shown.values()] == [True, False, True]


def test_the_letter_of_a_rejection_tells_no_period_of_what_the_line_is_by_now(scene: Scene):
    match = scene.consented()
    approvals.reject(match, reason="planning", actor=scene.officer)
    match = Match.objects.get(pk=match.pk)
    first = text_of(letter(match, scene.metro_manager))
    demand = redrafted(scene, match, period=DateRange(date(2031, 5, 6), date(2032, 1, 1)))
    now = text_of(letter(Match.objects.get(pk=match.pk), scene.metro_manager))
    assert "Site 1" in first and "Site 1" in now
    assert str(match.demand.period.lower.year) in first
    assert "2031" not in now and "2032" not in now
    assert demand.period.lower.year == 2031


def test_of_a_changed_line_the_old_match_costs_no_query_more(
    scene: Scene, refused_match: Match, django_assert_max_num_queries: Any
):
    client = signed_in(scene.metro_manager)
    address = f"/matches/{refused_match.pk}/"
    with CaptureQueriesContext(connection) as before:
        client.get(address)
    redrafted(scene, refused_match, budget_per_year=BUDGET)
    with django_assert_max_num_queries(len(before)):
        client.get(address)


def test_no_list_of_matches_in_sight_is_made_to_judge_one(scene: Scene):
    for reader in (scene.asker, scene.grid_manager, scene.officer):
        for noun in (Match, Consent):
            asked = str(noun.objects.visible_to(reader).query)
            assert (asked.count("IN (SELECT"), asked.count("EXISTS(SELECT") > 0) == (0, True)
