"""The first page of the admin: what waits for whoever signs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.admin.base import person
from sharing.admin import queue

SHOWN = 5


@dataclass(frozen=True)
class Waiting:
    """A heading with its number, where to see all, and the first few: text, address and deadline of each."""

    title: str | Promise
    count: int
    url: str
    rows: Sequence[tuple[str, str, Any]]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds `waiting`: only what this person can act on, and never more than a handful of rows each."""
    user = person(request)
    decide = queue.to_decide(user).select_related("demand__list__party")
    answer = queue.to_answer(user).select_related("match__demand__list__party", "owner")
    wanted = queue.to_request(user).select_related("demand__list")
    drafts = queue.to_submit(user).select_related("party")
    unread = queue.to_read(user).select_related("event")
    matches, lists = "admin:sharing_match_changelist", "admin:sharing_demandlist_changelist"
    context["waiting"] = [
        Waiting(
            _("Matches to decide"),
            decide.count(),
            reverse(matches) + "?waiting=decide",
            [
                (f"{match.demand} · {match.demand.list.party}", _page("match", match.pk), match.deadline)
                for match in decide[:SHOWN]
            ],
        ),
        Waiting(
            _("Consents to answer"),
            answer.count(),
            reverse("admin:sharing_consent_changelist") + "?waiting=answer",
            [
                (
                    f"{consent.match.demand} · {consent.match.demand.list.party}",
                    _page("consent", consent.pk),
                    consent.deadline,
                )
                for consent in answer[:SHOWN]
            ],
        ),
        Waiting(
            _("Proposals to request"),
            wanted.count(),
            reverse(matches) + "?waiting=request",
            [(f"{match.demand} · {match.demand.list}", _page("match", match.pk), None) for match in wanted[:SHOWN]],
        ),
        Waiting(
            _("Lists in draft"),
            drafts.count(),
            reverse(lists) + "?status__exact=draft",
            [(f"{draft} · {draft.party}", _page("demandlist", draft.pk), None) for draft in drafts[:SHOWN]],
        ),
        Waiting(
            _("Unread messages"),
            unread.count(),
            reverse("admin:sharing_notification_changelist") + "?unread=yes",
            [(str(told.event), _page("notification", told.pk), None) for told in unread[:SHOWN]],
        ),
    ]
    return context


def _page(noun: str, pk: int) -> str:
    return reverse(f"admin:sharing_{noun}_change", args=[pk])
