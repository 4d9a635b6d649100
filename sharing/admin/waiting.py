"""What waits for whoever signs in: the first page of the admin, and the filter of the lists that it leads to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.admin.base import person
from registry.models import User
from sharing import waiting_for

SHOWN = 5


@dataclass(frozen=True)
class Waiting:
    """A heading with its number, where to see all, and the first few: text, address and deadline of each."""

    title: str | Promise
    count: int
    url: str
    rows: Sequence[tuple[str, str, Any]]


class WaitingFilter(admin.SimpleListFilter):
    """queues: by their value in the address, the name and the rows of each queue of one person."""

    title = _("what waits for me")
    parameter_name = "waiting"
    queues: ClassVar[Mapping[str, tuple[str | Promise, Callable[[User], QuerySet[Any]]]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [(value, name) for value, (name, _rows) in self.queues.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The part of `queryset` that the person can act on."""
        if self.value() not in self.queues:
            return queryset
        _name, waiting = self.queues[self.value() or ""]
        return queryset.filter(pk__in=waiting(person(request)).order_by().values("pk"))


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds `waiting`: only what this person can act on, and never more than a handful of rows each."""
    user = person(request)
    decide = waiting_for.to_decide(user).select_related("demand__list__party")
    answer = waiting_for.to_answer(user).select_related("match__demand__list__party", "owner")
    wanted = waiting_for.to_request(user).select_related("demand__list")
    drafts = waiting_for.to_submit(user).select_related("party")
    unread = waiting_for.to_read(user).select_related("event")
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
