from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from registry.admin.base import ReadOnlyAdmin, person
from sharing import words
from sharing.models import Event
from sharing.seen import author, events, list_title


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The history: nobody changes it, and everyone reads what concerns them."""

    list_display = ("occurred_at", "type", "subject", "who", "details")
    list_filter = ("type",)
    linked_by = ("match", "demand_list", "consent", "agreement", "cobuild_group")
    search_fields = ("list_title", "match__demand__name__ilike")
    search_help_text = gettext_lazy("Title of the list, or name of the demand")
    ordering = ("-id",)
    fields = ("occurred_at", "type", "subject", "demand_list", "match", "agreement", "cobuild_group", "who", "details")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With what each concerns."""
        user = person(request)
        rows = events(user).select_related(
            "actor", "organization", "demand_list", "match__demand", "agreement", "cobuild_group"
        )
        return rows.annotate(list_title=list_title(user, "demand_list")).order_by("-id")

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Without a list that the person does not see."""
        return [name for name in super().get_fields(request, obj) if name != "demand_list" or (obj and obj.list_title)]

    @admin.display(description=gettext_lazy("about"))
    def subject(self, event: Event) -> str:
        if event.match:
            return f"{event.match_id} · {event.match.demand}"
        return str(event.agreement or event.demand_list or event.cobuild_group or "–")

    @admin.display(description=gettext_lazy("by"))
    def who(self, event: Event) -> str:
        return author(event) or "–"

    @admin.display(description=gettext_lazy("in words"))
    def details(self, event: Event) -> str:
        return words.event_details(event) or "–"
