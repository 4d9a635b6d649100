import re
from datetime import timedelta

import pytest
from django.urls import resolve
from django.utils import translation
from django.utils.formats import date_format

from sharing import seen, words
from sharing.models import Channel, Event, EventType, Notification, WebhookEndpoint
from sharing.notifications import outbox
from sharing.notifications.delivery import mail_of
from sharing.notifications.messages import TEXTS, message, message_of
from sharing.workflow import consents
from tests import factories
from tests.sharing.scene import Scene


def notify(scene: Scene, event: Event, **person) -> Notification:
    return Notification.objects.create(
        event=event, recipient=factories.member(scene.party, **person), channel=Channel.EMAIL
    )


def test_every_event_has_a_text():
    assert set(TEXTS) == set(EventType)


def test_every_text_is_there_in_chinese():
    with translation.override("zh-hans"):
        told = [str(text) for texts in TEXTS.values() for text in texts]
    assert [text for text in told if not re.search("[一-龥]", text)] == []


def test_no_text_asks_for_a_fact_that_no_event_has(scene: Scene):
    agreement = scene.approved()
    whole = outbox.draft(EventType.AGREEMENT_ENDED, agreement, actor=None)
    for kind in EventType:
        whole.type = kind
        made = message(whole)
        assert made.subject
        assert "%(" not in made.subject + made.text


def test_an_owner_reads_who_asks_for_what_until_when_and_where_to_answer(scene: Scene, settings):
    settings.SITE_URL = "https://share.example"
    match = scene.requested()
    made = message(match.events.get(type=EventType.CONSENT_ASKED))
    consent = match.consents.get()
    assert made.subject.startswith("telco asks for Site 1: answer until ")
    assert "Grant it, with conditions if need be, or refuse it with a reason" in made.text
    assert made.link == f"https://share.example/consents/{consent.pk}/"
    assert made.body == f"{made.text}\n\n{made.link}\n"


def test_links_lead_somewhere(scene: Scene):
    scene.approved()
    outbox.record(EventType.LIST_MATCHED, scene.list, actor=None)
    paths = {message(event).link.removeprefix("http://127.0.0.1:8000") for event in Event.objects.all()}
    assert {resolve(path).url_name for path in paths} == {
        "agreement",
        "consent",
        "demand-list",
        "match",
    }


def test_a_refusal_says_why(scene: Scene):
    consent = scene.requested().consents.get()
    consents.refuse(consent, reason="other", reason_text="The mast moves.", actor=scene.metro_manager)
    made = message(Event.objects.get(type=EventType.MATCH_REFUSED))
    assert made.text == (
        "metro refused Site 1: Other (The mast moves.). The units are free again. Another match that fits is told of; "
        "where none comes, telco can match the list again."
    )


def test_the_end_of_an_agreement_is_told_by_its_last_day_as_its_approval_was(scene: Scene):
    agreement = scene.approved()
    after = agreement.period.upper
    last = date_format(after - timedelta(days=1))
    approved = message(Event.objects.get(type=EventType.MATCH_APPROVED))
    event = outbox.record(EventType.AGREEMENT_ENDING, agreement, actor=None, on=after.isoformat())
    ending = message(event)
    assert approved.text.endswith(f" to {last}.")
    assert ending.subject == f"{agreement.number} ends after {last}"
    assert ending.text.startswith(
        f"The last day of agreement {agreement.number} of telco for Site 1 is {last}. telco asks for its "
        "renewal in time"
    )
    assert words.event_details(seen.events(scene.asker).get(pk=event.pk)) == f"units free from {after}"


def test_history_names_why_an_endpoint_is_told_no_more(scene: Scene):
    event = outbox.record(EventType.WEBHOOK_DISABLED, scene.list, actor=None, reason="gone")
    assert words.event_details(seen.events(scene.asker).get(pk=event.pk)) == "The receiver answered 410 Gone"


def test_a_line_without_a_name_is_called_by_its_number(scene: Scene):
    scene.demand.name = ""
    scene.demand.save()
    made = message(scene.requested().events.get(type=EventType.MATCH_REQUESTED))
    assert made.subject == f"line {scene.list.pk}/1: requested"


def test_it_is_written_in_the_language_of_who_reads_it(scene: Scene):
    event = scene.requested().events.get(type=EventType.MATCH_REQUESTED)
    chinese = message_of(notify(scene, event, language="zh-hans"))
    english = message_of(notify(scene, event, language="en"))
    assert re.search(r"\d{4}年\d+月\d+日", chinese.text)
    assert re.search(r"\d+ [A-Z][a-z]+ \d{4}", english.text)


@pytest.mark.parametrize("title", ["A\r\nBcc: everybody@example.com", "100 % of it, %(by)s"])
def test_a_title_cannot_break_out_of_the_subject(scene: Scene, title: str):
    scene.demand.name = title
    scene.demand.save()
    event = scene.requested().events.get(type=EventType.MATCH_REQUESTED)
    mail = mail_of(notify(scene, event)).message()
    assert mail["Subject"] == f"{' '.join(title.split())}: requested"
    assert mail["Bcc"] is None


def test_of_a_disabled_endpoint_its_managers_read_why_and_what_to_do(scene: Scene, settings):
    settings.SITE_URL = "https://share.example"
    endpoint = WebhookEndpoint(pk=7, organization=scene.party, name="orders")
    made = message(outbox.record(EventType.WEBHOOK_DISABLED, endpoint, actor=None, reason="gone"))
    assert made.subject == "Webhook endpoint “orders” is disabled"
    assert "The receiver answered 410 Gone. Mend the receiver, enable the endpoint" in made.text
    assert made.link == "https://share.example/webhooks/7/"
    assert resolve(made.link.removeprefix("https://share.example")).view_name == "web:webhook"
