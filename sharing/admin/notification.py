from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db import models
from django.db.models import Case, F, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import person
from registry.tags import tag
from sharing.admin.mails import MailAdmin
from sharing.models import Channel, Notification
from sharing.notifications.inbox import mark_read
from sharing.notifications.messages import subject_of
from sharing.pages import page
from sharing.seen import list_title, read_by


class UnreadFilter(admin.SimpleListFilter):
    title = gettext_lazy("read or not")
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("yes", _("unread")), ("no", _("read"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Notification]) -> models.QuerySet[Notification]:
        if self.value() in ("yes", "no"):
            return queryset.filter(read_at__isnull=self.value() == "yes")
        return queryset


@admin.register(Notification)
class NotificationAdmin(MailAdmin):
    """One's inbox. Superusers see every delivery, so that what keeps failing is found."""

    list_display = ("what", "about", "told_at", "read_tag", "channel", "status_tag")
    list_filter = (UnreadFilter, "status", "channel")
    list_select_related = ("event__match__demand__list", "event__demand_list", "event__agreement")
    search_fields = ("demand_name", "list_title")
    search_help_text = gettext_lazy("Name of the demand, or title of the list")
    ordering = ("-id",)
    fields = ("what", "about", "recipient", "channel", "status_tag", "attempts", "trouble", "told_at", "read_tag")
    actions = ("mark_read", "try_again")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """A person's inbox; e-mails are in their mailbox."""
        user = person(request)
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        told = read_by(rows if user.is_superuser else rows.filter(channel=Channel.INBOX), user)
        titled: models.QuerySet[Any] = told.alias(
            list_title=list_title(user, "event__demand_list"),
            demand_name=Case(When(opens=True, then=F("event__match__demand__name"))),
        )
        return titled

    @admin.display(description=gettext_lazy("message"))
    def what(self, told: Notification) -> str:
        return told.event.get_type_display()

    @admin.display(description=gettext_lazy("about"))
    def about(self, told: Any) -> str:
        """What the event is about, as a link to its page; nothing where that is no longer the person's to see."""
        event = told.event
        if not told.opens:
            return "–"
        subject = (event.match and event.match.demand) or event.agreement or event.demand_list
        text = str(subject or event.data.get("name", "–"))
        return format_html(
            '<a class="link" href="{}">{}</a>', self._page(*subject_of(event, hides_owner=told.hides_owner)), text
        )

    def _page(self, noun: str, pk: int) -> str:
        """In the admin, or on the site where the admin has none for the noun."""
        if self.admin_site.is_registered(apps.get_model("sharing", noun)):
            return reverse(f"admin:sharing_{noun}_change", args=[pk])
        return page(noun, pk)

    @admin.display(description=gettext_lazy("when"))
    def told_at(self, told: Notification) -> Any:
        return told.created_at

    @admin.display(description=gettext_lazy("read"))
    def read_tag(self, told: Notification) -> str:
        return tag("", _("Read")) if told.read_at else tag("pending", _("Unread"))

    @admin.action(description=gettext_lazy("Mark as read"))
    def mark_read(self, request: HttpRequest, queryset: models.QuerySet[Notification]) -> None:
        """Of one's own messages only."""
        count = mark_read(queryset.filter(recipient=person(request)))
        messages.success(
            request, ngettext("%(n)d message marked as read.", "%(n)d messages marked as read.", count) % {"n": count}
        )
