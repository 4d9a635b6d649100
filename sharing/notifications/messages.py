"""What people read: a subject and a text per event, in the recipient's language. Short, and says what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kinds import Kind, short
from registry.models import Protection, User
from sharing.models import Event, EventType, Notification
from sharing.pages import page
from sharing.seen import REASONS, without_words


@dataclass(frozen=True)
class Message:
    subject: str
    text: str
    link: str

    @property
    def body(self) -> str:
        """The text and where to go, as of a letter."""
        return f"{self.text}\n\n{self.link}\n"


# Facts that stand in the texts: what (the list's line), title, month, party, owner, by, number, day, on, last (the day
# before that), reason, conditions, matched, demands, lines, which, endpoint, group, joined, parties. Empty where an
# event has none.
TEXTS: dict[EventType, tuple[str | Promise, str | Promise]] = {
    EventType.LIST_SUBMITTED: (
        gettext_lazy("%(title)s: submitted"),
        gettext_lazy(
            "%(by)s submitted the list “%(title)s” with %(lines)s lines. You hear from us when it is matched."
        ),
    ),
    EventType.LIST_MATCHED: (
        gettext_lazy("%(title)s: %(matched)s of %(demands)s lines matched"),
        gettext_lazy(
            "Look at the proposals for “%(title)s” and request those you want: nothing is held for you before. "
            "Lines without a match say what was lacking."
        ),
    ),
    EventType.LIST_SUPPLIED: (
        gettext_lazy("%(title)s: %(demands)s unmet lines could be met now"),
        gettext_lazy(
            "Something was listed, freed or changed that would meet lines of “%(title)s” without a match: %(which)s. "
            "Match the list again to get proposals; nothing is held for you before."
        ),
    ),
    EventType.LIST_REOPENED: (
        gettext_lazy("%(title)s: reopened"),
        gettext_lazy(
            "%(by)s made the list “%(title)s” a draft again; its proposals are gone. Submit it once it is right."
        ),
    ),
    EventType.LIST_CLOSED: (
        gettext_lazy("%(title)s: closed"),
        gettext_lazy("%(by)s closed the list “%(title)s”. Agreements it led to live on; there is nothing to do."),
    ),
    EventType.RUN_FAILED: (
        gettext_lazy("%(title)s: matching failed"),
        gettext_lazy("“%(title)s” could not be matched. Match it again; if it fails again, tell the registry."),
    ),
    EventType.MATCH_REQUESTED: (
        gettext_lazy("%(what)s: requested"),
        gettext_lazy("%(by)s requested the match for %(what)s. Its units are held; the owners answer until %(day)s."),
    ),
    EventType.MATCH_OFFERED: (
        gettext_lazy("%(what)s: another match is offered"),
        gettext_lazy(
            "In place of the match that fell through, this one still fits %(what)s. Request it to hold its units."
        ),
    ),
    EventType.MATCH_WITHDRAWN: (
        gettext_lazy("%(what)s: request withdrawn"),
        gettext_lazy(
            "The request of %(party)s for %(what)s is withdrawn. The units are free again; there is nothing to do."
        ),
    ),
    EventType.MATCH_CONSENTED: (
        gettext_lazy("%(what)s: all owners consent, approval until %(day)s"),
        gettext_lazy("All owners let %(party)s use their assets for %(what)s. The regulator decides until %(day)s."),
    ),
    EventType.MATCH_REFUSED: (
        gettext_lazy("%(what)s: refused by %(by_organization)s"),
        gettext_lazy(
            "%(by_organization)s refused %(what)s: %(reason)s. The units are free again. Another match that fits is "
            "told of; where none comes, %(party)s can match the list again."
        ),
    ),
    EventType.MATCH_COUNTERSIGNED: (
        gettext_lazy("%(what)s: a second approval is needed"),
        gettext_lazy("%(by)s approved %(what)s, which touches a core asset. A second person decides until %(day)s."),
    ),
    EventType.MATCH_ASSIGNED: (
        gettext_lazy("%(what)s: yours to decide until %(day)s"),
        gettext_lazy("%(by)s gave you the decision on %(what)s for %(party)s. Approve or reject it until %(day)s."),
    ),
    EventType.MATCH_APPROVED: (
        gettext_lazy("%(what)s: approved, agreement %(number)s"),
        gettext_lazy("%(by_organization)s approved %(what)s for %(party)s. Agreement %(number)s runs %(period)s."),
    ),
    EventType.MATCH_REJECTED: (
        gettext_lazy("%(what)s: rejected"),
        gettext_lazy(
            "%(by_organization)s rejected %(what)s: %(reason)s. The units are free again. Another match that fits is "
            "told of; where none comes, %(party)s can match the list again."
        ),
    ),
    EventType.MATCH_EXPIRED: (
        gettext_lazy("%(what)s: request expired"),
        gettext_lazy(
            "Nobody decided on %(what)s for %(party)s in time. The units are free again. Another match that fits is "
            "told of; where none comes, %(party)s can match the list again."
        ),
    ),
    EventType.CONSENT_ASKED: (
        gettext_lazy("%(party)s asks for %(what)s: answer until %(day)s"),
        gettext_lazy(
            "%(party)s asks to use your assets for %(what)s. Grant it, with conditions if need be, or refuse it "
            "with a reason, until %(day)s. The units are held meanwhile."
        ),
    ),
    EventType.CONSENT_GRANTED: (
        gettext_lazy("%(what)s: %(owner)s consents"),
        gettext_lazy("%(owner)s lets %(party)s use its assets for %(what)s. Conditions: %(conditions)s."),
    ),
    EventType.CONSENT_REFUSED: (
        gettext_lazy("%(what)s: %(owner)s refuses"),
        gettext_lazy("%(by)s refused the request of %(party)s for %(what)s: %(reason)s. There is nothing more to do."),
    ),
    EventType.CONSENT_DUE: (
        gettext_lazy("%(what)s: your answer is due on %(day)s"),
        gettext_lazy("%(party)s waits for your answer on %(what)s. Grant or refuse it until %(day)s."),
    ),
    EventType.CONSENT_OVERDUE: (
        gettext_lazy("%(what)s: the answer of %(owner)s is overdue"),
        gettext_lazy(
            "%(owner)s has not answered %(party)s on %(what)s until %(day)s. The owner can still answer; otherwise "
            "the request expires and the units are freed."
        ),
    ),
    EventType.APPROVAL_DUE: (
        gettext_lazy("%(what)s: your decision is due on %(day)s"),
        gettext_lazy("%(party)s waits for your decision on %(what)s. Approve or reject it until %(day)s."),
    ),
    EventType.APPROVAL_OVERDUE: (
        gettext_lazy("%(what)s: the regulator's decision is overdue"),
        gettext_lazy(
            "%(what)s for %(party)s was to be decided until %(day)s. A regulator can still decide; otherwise the "
            "request expires and the units are freed."
        ),
    ),
    EventType.AGREEMENT_ACTIVATED: (
        gettext_lazy("%(number)s is in force"),
        gettext_lazy("Agreement %(number)s for %(what)s runs %(period)s: %(party)s may use the units from now on."),
    ),
    EventType.AGREEMENT_RENEWAL_ASKED: (
        gettext_lazy("%(number)s: renewal asked"),
        gettext_lazy("%(by)s asked to renew agreement %(number)s for %(what)s. The owners answer until %(day)s."),
    ),
    EventType.AGREEMENT_ENDING: (
        gettext_lazy("%(number)s ends after %(last)s"),
        gettext_lazy(
            "The last day of agreement %(number)s of %(party)s for %(what)s is %(last)s. %(party)s asks for its "
            "renewal in time, or removes what is installed. %(reason)s"
        ),
    ),
    EventType.AGREEMENT_ENDED: (
        gettext_lazy("%(number)s has ended"),
        gettext_lazy("Agreement %(number)s of %(party)s for %(what)s has ended; its units are free. %(reason)s"),
    ),
    EventType.REPORT_MADE: (
        gettext_lazy("The report of %(month)s is there"),
        gettext_lazy("The figures of %(month)s stand. Read the report, or take it along as a workbook or PDF."),
    ),
    EventType.INVENTORY_OUTGROWN: (
        gettext_lazy("%(by_organization)s: the inventory of %(on)s is outgrown"),
        gettext_lazy(
            "Since the inventory of %(on)s these classes of protected assets changed by three tenths or more: "
            "%(classes)s. Take the inventory anew, and file the change where it was filed, until %(day)s."
        ),
    ),
    EventType.REVIEW_DUE: (
        gettext_lazy("Levels of protection to review: %(due)s"),
        gettext_lazy("%(due)s protected assets were to be reviewed by now. Confirm their levels, or change them."),
    ),
    EventType.WEBHOOK_DISABLED: (
        gettext_lazy("Webhook endpoint “%(endpoint)s” is disabled"),
        gettext_lazy(
            "“%(endpoint)s” is told of no more events: %(reason)s. Mend the receiver, enable the endpoint, and replay "
            "what failed meanwhile."
        ),
    ),
    EventType.COBUILD_PROPOSED: (
        gettext_lazy("%(title)s: %(lines)s lines could be built together with others"),
        gettext_lazy(
            "For %(lines)s unmet lines of “%(title)s” others need the same nearby, or a planned facility fits. "
            "Open each line's co-build group, look at your share, and join or decline."
        ),
    ),
    EventType.COBUILD_JOINED: (
        gettext_lazy("Co-build group %(group)s: %(joined)s of %(parties)s parties have joined"),
        gettext_lazy(
            "A party joined co-build group %(group)s. It is agreed once all have joined; join or decline if you have "
            "not answered yet."
        ),
    ),
    EventType.COBUILD_LEFT: (
        gettext_lazy("Co-build group %(group)s: %(joined)s of %(parties)s parties have joined"),
        gettext_lazy("A party took its joining of co-build group %(group)s back. It may join again."),
    ),
    EventType.COBUILD_AGREED: (
        gettext_lazy("Co-build group %(group)s: agreed"),
        gettext_lazy(
            "All parties of co-build group %(group)s have joined. It now shows them all, the site, and the shares."
        ),
    ),
    EventType.COBUILD_CLOSED: (
        gettext_lazy("Co-build group %(group)s: closed"),
        gettext_lazy(
            "Co-build group %(group)s is closed: %(reason)s. What is still unmet is grouped anew where that helps."
        ),
    ),
    EventType.COBUILD_ENDED: (
        gettext_lazy("Co-build group %(group)s: %(reason)s"),
        gettext_lazy("The agreed co-build group %(group)s is closed: %(reason)s. There is nothing more to do in it."),
    ),
}

# What a message reads, beside the notification itself.
RELATED = (
    "recipient",
    "event__actor",
    "event__organization",
    "event__demand_list__party",
    "event__match__demand",
    "event__consent__owner",
    "event__agreement",
)


def read(told: Any) -> Message:
    """The message of one of `seen.read_by` in the language that is active now. Of what its reader may see no more it
    says what kind of thing happened, and nothing else."""
    if told.opens:
        return message(told.event, hides_owner=told.hides_owner)
    inbox = f"{settings.SITE_URL.rstrip('/')}{reverse('web:inbox')}"
    return Message(told.event.get_type_display(), _("What this message is about is no longer for you to see."), inbox)


def message_of(notification: Notification, *, hides_owner: bool = False) -> Message:
    """The message in the language of its recipient; needs notification.event with its objects (see RELATED).

    hides_owner: whether it must tell neither name nor words of the owner it is about (sharing.seen).
    """
    with translation.override(language_of(notification.recipient)):
        return message(notification.event, hides_owner=hides_owner)


def language_of(person: User) -> str:
    return person.language or settings.LANGUAGE_CODE


def message(event: Event, *, hides_owner: bool = False) -> Message:
    """The message of `event` in the language that is active now. hides_owner: as in message_of."""
    subject, text = TEXTS[EventType(event.type)]
    facts = _facts(event)
    if hides_owner:
        facts |= dict.fromkeys(("owner", "by", "by_organization"), _("an owner"))
        facts |= {"conditions": "–", "reason": _reason(without_words(event.data))}
    # A subject is one line of a mail's head, whatever a title holds.
    return Message(" ".join((subject % facts).split()), (text % facts).strip(), link(event, hides_owner=hides_owner))


def subject_of(event: Event, *, hides_owner: bool = False) -> tuple[str, int]:
    """Noun and id of what an event is about: the narrowest that its reader may open. A consent whose owner they may
    not read is to them a part of its match."""
    if event.consent_id and not hides_owner:
        return "consent", event.consent_id
    if event.agreement_id:
        return "agreement", event.agreement_id
    if event.match_id:
        return "match", event.match_id
    if event.cobuild_group_id:
        return "cobuildgroup", event.cobuild_group_id
    if event.demand_list_id:
        return "demandlist", event.demand_list_id
    if event.type == EventType.REPORT_MADE:
        return "report", event.data["report"]
    if "inventory" in event.data:
        return "inventory", event.data["inventory"]
    return "webhookendpoint", event.data["endpoint"]


def link(event: Event, *, hides_owner: bool = False) -> str:
    """Where the event's object has its page."""
    return f"{settings.SITE_URL.rstrip('/')}{page(*subject_of(event, hides_owner=hides_owner))}"


COUNTED = ("matched", "demands", "lines", "which", "joined", "parties", "due")


def _facts(event: Event) -> dict[str, str]:
    agreement, data = event.agreement, event.data
    return {
        "title": event.demand_list.title if event.demand_list else "",
        "party": str(event.demand_list.party) if event.demand_list else "",
        "what": _what(event),
        "owner": str(event.consent.owner) if event.consent else "",
        "by": str(event.actor) if event.actor else _("The registry"),
        "by_organization": str(event.organization or _("The registry")),
        "number": agreement.number if agreement else str(data.get("number", "")),
        "period": _period(event),
        "day": _day(event),
        "on": date_format(date.fromisoformat(data["on"])) if "on" in data else "",
        "last": date_format(date.fromisoformat(data["on"]) - timedelta(days=1)) if "on" in data else "",
        "reason": _reason(data),
        "conditions": data.get("conditions") or _("none"),
        "endpoint": str(data.get("name", "")),
        "month": str(data.get("month", "")),
        "classes": _("; ").join(map(_class, data.get("classes", []))),
        "group": str(event.cobuild_group_id or ""),
        **{name: str(data.get(name, "")) for name in COUNTED},
    }


def _what(event: Event) -> str:
    """The line that an event is about, as its party calls it, else by number: owners do not read titles of lists."""
    if event.match is None:
        return ""
    demand = event.match.demand
    return demand.name or _("line %(line)s") % {"line": demand}


def _day(event: Event) -> str:
    """The deadline that counted when the event happened."""
    moment = event.data.get("deadline")
    return date_format(timezone.localdate(datetime.fromisoformat(moment))) if moment else ""


def _class(changed: Mapping[str, Any]) -> str:
    """A class of an inventory, and how many it had then and has now."""
    level, kind = short(Protection(changed["level"]).label), Kind(changed["kind"]).label
    return f"{level} · {kind} {changed['before']} → {changed['now']}"


def _period(event: Event) -> str:
    if event.agreement is None:
        return ""
    period = event.agreement.period
    if period.upper is None:
        return _("from %(first)s on") % {"first": date_format(period.lower)}
    return _("from %(first)s to %(last)s") % {
        "first": date_format(period.lower),
        "last": date_format(period.upper - timedelta(days=1)),
    }


def _reason(data: Mapping[str, Any]) -> str:
    coded, words = data.get("reason", ""), data.get("reason_text", "")
    named = str(REASONS.get(coded, coded))
    return _("%(reason)s (%(words)s)") % {"reason": named, "words": words} if words else named
