"""The first page: what waits for whoever signed in, the nearest deadline first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import User
from registry.web.access import MemberRequest, members
from sharing import waiting_for

SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One thing that waits: text, address, and until when if there is a deadline."""

    text: str
    url: str
    deadline: datetime | None


@dataclass(frozen=True)
class Waiting:
    """A heading with its number, where to see all, and the first few."""

    title: str | Promise
    count: int
    url: str
    rows: Sequence[Row]

    @property
    def deadline(self) -> datetime | None:
        """The nearest of what is shown, which is the nearest of all."""
        return min((row.deadline for row in self.rows if row.deadline), default=None)


@members
def home(request: MemberRequest) -> HttpResponse:
    return render(request, "web/home.html", {"waiting": waiting(request.user)})


def waiting(user: User) -> list[Waiting]:
    """What `user` can act on: groups with deadlines first, the nearest in front; empty ones left out."""
    groups = [make(user) for make in GROUPS]
    groups = [group for group in groups if group.count]
    return sorted(groups, key=lambda group: (group.deadline is None, group.deadline and group.deadline.timestamp()))


def _decisions(user: User) -> Waiting:
    matches = waiting_for.to_decide(user)
    shown = matches.select_related("demand__list__party")[:SHOWN]
    rows = [
        Row(f"{match.demand} · {match.demand.list.party}", _admin("match", match), match.deadline) for match in shown
    ]
    return Waiting(_("Matches to decide"), matches.count(), _admin_list("match") + "?waiting=decide", rows)


def _answers(user: User) -> Waiting:
    consents = waiting_for.to_answer(user)
    shown = consents.select_related("match__demand__list__party")[:SHOWN]
    rows = [
        Row(
            f"{consent.match.demand} · {consent.match.demand.list.party}", _admin("consent", consent), consent.deadline
        )
        for consent in shown
    ]
    return Waiting(_("Consents to answer"), consents.count(), _admin_list("consent") + "?waiting=answer", rows)


def _requests(user: User) -> Waiting:
    matches = waiting_for.to_request(user)
    shown = matches.select_related("demand__list")[:SHOWN]
    rows = [Row(f"{match.demand} · {match.demand.list}", _admin("match", match), None) for match in shown]
    return Waiting(_("Proposals to request"), matches.count(), _admin_list("match") + "?waiting=request", rows)


def _drafts(user: User) -> Waiting:
    lists = waiting_for.to_submit(user)
    shown = lists.select_related("party")[:SHOWN]
    rows = [Row(f"{draft} · {draft.party}", _admin("demandlist", draft), None) for draft in shown]
    return Waiting(_("Lists in draft"), lists.count(), _admin_list("demandlist") + "?status__exact=draft", rows)


def _unread(user: User) -> Waiting:
    told = waiting_for.to_read(user)
    shown = told.select_related("event")[:SHOWN]
    rows = [Row(str(message.event), _admin("notification", message), None) for message in shown]
    return Waiting(_("Unread messages"), told.count(), _admin_list("notification") + "?unread=yes", rows)


GROUPS: tuple[Callable[[User], Waiting], ...] = (_decisions, _answers, _requests, _drafts, _unread)


def _admin(noun: str, row: Any) -> str:
    return reverse(f"admin:sharing_{noun}_change", args=[row.pk])


def _admin_list(noun: str) -> str:
    return reverse(f"admin:sharing_{noun}_changelist")
