"""The first page: what waits for whoever signed in, the nearest deadline first, and what changed since yesterday."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models import User
from registry.web import asset_reviews
from registry.web.access import MemberRequest, members
from sharing import waiting_for
from sharing.notifications.messages import RELATED, read
from sharing.pages import page
from sharing.seen import read_by
from sharing.shown.waiting import SHOWN, Row, Waiting, answers, decisions, drafts, requests
from sharing.web.since_yesterday import since_yesterday


@members
def home(request: MemberRequest) -> HttpResponse:
    context = {
        "waiting": waiting(request.user),
        "under_way": _under_way(request.user),
        "since": since_yesterday(request.user),
    }
    return render(request, "web/home.html", context)


def waiting(user: User) -> list[Waiting]:
    """What `user` can act on: groups with deadlines first, the nearest in front; empty ones left out."""
    matches = reverse("web:matches")
    groups = [
        decisions(user, page, matches + "?waiting=decide"),
        answers(user, page, reverse("web:consents")),
        requests(user, page, matches + "?waiting=request"),
        drafts(user, page, reverse("web:demand-lists") + "?status=draft"),
        _groups(user),
        _reviews(user),
        _unread(user),
    ]
    groups = [group for group in groups if group.count]
    return sorted(groups, key=lambda group: (group.deadline is None, group.deadline and group.deadline.timestamp()))


def _groups(user: User) -> Waiting:
    groups = waiting_for.to_join(user)
    rows = [Row(str(group), page("cobuildgroup", group.pk)) for group in groups[:SHOWN]]
    return Waiting(_("Co-build groups to join or decline"), groups.count(), reverse("web:cobuild-groups"), rows)


def _reviews(user: User) -> Waiting:
    due = asset_reviews.due(user).only("code", "name", "protection_review_on")
    address = reverse("web:asset-reviews")
    rows = [Row(str(asset), page("asset", asset.pk)) for asset in due[:SHOWN]]
    # Mostly none are due, which the first few have told already.
    count = due.count() if len(rows) == SHOWN else len(rows)
    return Waiting(_("Levels of protection to review"), count, address, rows)


def _unread(user: User) -> Waiting:
    told = waiting_for.to_read(user)
    shown = read_by(told.select_related(*RELATED), user)[:SHOWN]
    inbox = reverse("web:inbox") + "?show=unread"
    rows = [Row(read(one).subject, inbox) for one in shown]
    return Waiting(_("Unread messages"), told.count(), inbox, rows)


def _under_way(user: User) -> Waiting:
    matches = waiting_for.under_way(user)
    shown = matches.select_related("demand__list")[:SHOWN]
    rows = [
        Row(f"{match.demand} · {match.get_status_display()}", page("match", match.pk), match.deadline)
        for match in shown
    ]
    return Waiting(
        _("What you asked is under way"), matches.count(), reverse("web:matches") + "?waiting=under_way", rows
    )
