"""The first page: what waits for whoever signed in, the nearest deadline first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import User
from registry.web.access import MemberRequest, members
from sharing import waiting_for
from sharing.notifications.messages import RELATED, message
from sharing.pages import page
from sharing.seen import read_by

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
    context = {"waiting": waiting(request.user), "under_way": _under_way(request.user)}
    return render(request, "web/home.html", context)


def waiting(user: User) -> list[Waiting]:
    """What `user` can act on: groups with deadlines first, the nearest in front; empty ones left out."""
    groups = [make(user) for make in GROUPS]
    groups = [group for group in groups if group.count]
    return sorted(groups, key=lambda group: (group.deadline is None, group.deadline and group.deadline.timestamp()))


def _decisions(user: User) -> Waiting:
    matches = waiting_for.to_decide(user)
    shown = matches.select_related("demand__list__party")[:SHOWN]
    rows = [
        Row(f"{match.demand} · {match.demand.list.party}", page("match", match.pk), match.deadline) for match in shown
    ]
    return Waiting(_("Matches to decide"), matches.count(), reverse("web:matches") + "?waiting=decide", rows)


def _answers(user: User) -> Waiting:
    consents = waiting_for.to_answer(user)
    shown = consents.select_related("match__demand__list__party")[:SHOWN]
    rows = [
        Row(
            f"{consent.match.demand} · {consent.match.demand.list.party}",
            page("consent", consent.pk),
            consent.deadline,
        )
        for consent in shown
    ]
    return Waiting(_("Consents to answer"), consents.count(), reverse("web:consents"), rows)


def _requests(user: User) -> Waiting:
    matches = waiting_for.to_request(user)
    shown = matches.select_related("demand__list")[:SHOWN]
    rows = [Row(f"{match.demand} · {match.demand.list}", page("match", match.pk), None) for match in shown]
    return Waiting(_("Proposals to request"), matches.count(), reverse("web:matches") + "?waiting=request", rows)


def _drafts(user: User) -> Waiting:
    lists = waiting_for.to_submit(user)
    shown = lists.select_related("party")[:SHOWN]
    rows = [Row(f"{draft} · {draft.party}", page("demandlist", draft.pk), None) for draft in shown]
    return Waiting(_("Lists in draft"), lists.count(), reverse("web:demand-lists") + "?status=draft", rows)


def _groups(user: User) -> Waiting:
    groups = waiting_for.to_join(user)
    rows = [Row(str(group), page("cobuildgroup", group.pk), None) for group in groups[:SHOWN]]
    return Waiting(_("Co-build groups to join or decline"), groups.count(), reverse("web:cobuild-groups"), rows)


def _unread(user: User) -> Waiting:
    told = waiting_for.to_read(user)
    shown = read_by(told.select_related(*RELATED), user)[:SHOWN]
    inbox = reverse("web:inbox") + "?show=unread"
    rows = [Row(message(one.event, hides_owner=one.hides_owner).subject, inbox, None) for one in shown]
    return Waiting(_("Unread messages"), told.count(), inbox, rows)


def _under_way(user: User) -> Waiting:
    matches = waiting_for.under_way(user)
    shown = matches.select_related("demand__list")[:SHOWN]
    rows = [
        Row(f"{match.demand} · {match.get_status_display()}", page("match", match.pk), match.deadline)
        for match in shown
    ]
    return Waiting(
        _("What you asked is under way"), matches.count(), reverse("web:matches") + "?status=requested", rows
    )


GROUPS: tuple[Callable[[User], Waiting], ...] = (_decisions, _answers, _requests, _drafts, _groups, _unread)
