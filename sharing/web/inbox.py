"""The inbox: what was told to whoever signed in, read and unread, with a way to each object."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from registry.models import User
from registry.search import is_id
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.paging import Pages
from registry.whence import page_named
from sharing.models import DemandList, Event, EventType, Notification
from sharing.notifications.inbox import inbox_of, mark_read, mark_unread
from sharing.notifications.messages import RELATED, Message, read, subject_of
from sharing.pages import page
from sharing.seen import read_by, sees_list

PER_PAGE = 25
MOST_LISTS = 100


@dataclass(frozen=True)
class Letter:
    """A notification in the language of the page."""

    notification: Any
    message: Message

    @property
    def unread(self) -> bool:
        return self.notification.read_at is None


class InboxFilter(Form):
    """What of the inbox is shown; an unknown value shows all."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("All")), ("unread", gettext_lazy("Unread")), ("read", gettext_lazy("Read"))],
    )
    type = forms.ChoiceField(
        label=gettext_lazy("About"), required=False, choices=[("", gettext_lazy("All events")), *EventType.choices]
    )
    list = forms.ChoiceField(label=gettext_lazy("Demand list"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        events = Event.objects.visible_to(user).filter(demand_list__isnull=False)
        told = inbox_of(user).filter(event__in=events).values("event__demand_list")
        lists = DemandList.objects.filter(pk__in=told).annotate(seen=sees_list(user, "pk")).order_by("-pk")
        rows: Any = lists[:MOST_LISTS]
        named = [(one.pk, one.title if one.seen else _("List %(id)s") % {"id": one.pk}) for one in rows]
        self.fields["list"].choices = [("", _("All lists")), *named]  # type: ignore[attr-defined]

    def applied(self, rows: QuerySet[Notification]) -> QuerySet[Notification]:
        if not self.is_valid():
            return rows
        chosen = self.cleaned_data
        if chosen["show"]:
            rows = rows.filter(read_at__isnull=chosen["show"] == "unread")
        if chosen["type"]:
            rows = rows.filter(event__type=chosen["type"])
        if chosen["list"]:
            rows = rows.filter(event__demand_list=chosen["list"])
        return rows


@require_safe
@members
def inbox(request: MemberRequest) -> HttpResponse:
    """A page of messages, the newest first."""
    form = InboxFilter(request.GET, user=request.user)
    rows = form.applied(inbox_of(request.user)).select_related(*RELATED).order_by("-pk")
    shown = Pages(read_by(rows, request.user), PER_PAGE).get_page(request.GET.get("page"))
    letters = [Letter(told, read(told)) for told in shown]
    newest = letters[0].notification if shown.number == 1 and letters else rows.first()
    return render(
        request, "web/inbox.html", {"filter": form, "page": shown, "letters": letters, "upto": newest and newest.pk}
    )


@require_POST
@members
def inbox_open(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks a message as read and goes to what it is about."""
    rows = read_by(inbox_of(request.user), request.user).select_related("event")
    told = get_object_or_404(rows, pk=pk)
    mark_read(Notification.objects.filter(pk=told.pk))
    if not told.opens:
        messages.warning(request, _("What this message is about is no longer for you to see."))
        return HttpResponseRedirect(reverse("web:inbox"))
    return HttpResponseRedirect(page(*subject_of(told.event, hides_owner=told.hides_owner)))


@require_POST
@members
def inbox_mark(request: MemberRequest, pk: int) -> HttpResponse:
    """Marks one message as read, or as unread again."""
    row = inbox_of(request.user).filter(pk=pk)
    get_object_or_404(row)
    if request.POST.get("as") == "unread":
        mark_unread(row)
    else:
        mark_read(row)
    return _back(request)


@require_POST
@members
def inbox_mark_all(request: MemberRequest) -> HttpResponse:
    """Marks as read all that the filter shows, on every page of it, up to the newest when the page was made (`upto`):
    nobody has seen what came since."""
    upto = request.POST.get("upto", "")
    rows = inbox_of(request.user).filter(pk__lte=int(upto) if is_id(upto) else 0)
    count = mark_read(InboxFilter(request.POST, user=request.user).applied(rows))
    text = ngettext("%(n)d message marked as read.", "%(n)d messages marked as read.", count)
    messages.success(request, text % {"n": count})
    return _back(request)


def _back(request: MemberRequest) -> HttpResponse:
    return HttpResponseRedirect(page_named(request, reverse("web:inbox")))
