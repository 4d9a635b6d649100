"""What waits for whoever signs in: the first page of the admin, and the filter of the lists that it leads to."""

from collections.abc import Callable, Mapping, Sequence
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
from sharing.shown.waiting import SHOWN, Row, Waiting, answers, decisions, drafts, requests


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
    unread = waiting_for.to_read(user)
    rows = [Row(str(told.event), _page("notification", told.pk)) for told in unread.select_related("event")[:SHOWN]]
    context["waiting"] = [
        decisions(user, _page, _list("match", "waiting=decide")),
        answers(user, _page, _list("consent", "waiting=answer")),
        requests(user, _page, _list("match", "waiting=request")),
        drafts(user, _page, _list("demandlist", "status__exact=draft")),
        Waiting(_("Unread messages"), unread.count(), _list("notification", "unread=yes"), rows),
    ]
    return context


def _page(noun: str, pk: int) -> str:
    return reverse(f"admin:sharing_{noun}_change", args=[pk])


def _list(noun: str, query: str) -> str:
    return reverse(f"admin:sharing_{noun}_changelist") + f"?{query}"
