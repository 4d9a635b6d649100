from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import ReadOnlyAdmin, ReadOnlyTabularInline, person
from registry.tags import tag
from sharing import words
from sharing.errors import Refusal
from sharing.models import WebhookAttempt, WebhookDelivery
from sharing.seen import list_title
from sharing.shown.refusals import tell
from sharing.workflow import webhooks


class AttemptInline(ReadOnlyTabularInline):
    """Every call, the first one first."""

    model = WebhookAttempt
    fields = ("started_at", "duration_ms", "status_code", "answer", "trouble")
    readonly_fields = ("trouble",)
    verbose_name_plural = gettext_lazy("attempts")

    @admin.display(description=gettext_lazy("error"))
    def trouble(self, attempt: WebhookAttempt) -> str:
        return words.trouble(attempt.error)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """The log of what was sent to endpoints, and replay of what is to be sent again."""

    list_display = ("what", "endpoint", "status_tag", "attempts", "created_at", "sent_at", "trouble")
    list_filter = ("status", "event__type")
    linked_by = ("endpoint",)
    list_select_related = ("event", "endpoint")
    search_fields = (
        "endpoint__name__ilike", "endpoint__url__ilike", "endpoint__organization__name__ilike",
        "list_title", "event__match__demand__name__ilike",
    )  # fmt: skip
    search_help_text = gettext_lazy("Endpoint, its address or organization, title of the list, or name of the demand")
    ordering = ("-id",)
    fields = (
        "what", "endpoint", "webhook_id", "status_tag", "attempts", "next_attempt_at", "sent_at", "trouble",
        "created_at",
    )  # fmt: skip
    inlines = (AttemptInline,)
    actions = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each to be found by the title of its list, where the person sees that."""
        title = list_title(person(request), "event__demand_list")
        titled: QuerySet[Any] = super().get_queryset(request).alias(list_title=title)
        return titled

    @admin.display(description=gettext_lazy("event"))
    def what(self, delivery: WebhookDelivery) -> str:
        return delivery.event.get_type_display() if delivery.event else _("Test")

    @admin.display(description=gettext_lazy("delivery"))
    def status_tag(self, delivery: WebhookDelivery) -> str:
        return tag(delivery.status, delivery.get_status_display())

    @admin.display(description=gettext_lazy("last error"), ordering="last_error")
    def trouble(self, delivery: WebhookDelivery) -> str:
        return words.trouble(delivery.last_error)

    @admin.action(description=gettext_lazy("Replay"))
    def replay(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Sends the chosen deliveries again, under their ids."""
        done = 0
        for delivery in queryset.select_related("endpoint"):
            try:
                webhooks.replay(delivery, actor=person(request))
                done += 1
            except Refusal as refusal:
                why = {"delivery": delivery.webhook_id, "why": refusal.message}
                tell(request, refusal, _("Delivery %(delivery)s was left as it is: %(why)s") % why)
        if done:
            text = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", done)
            messages.success(request, text % {"n": done})
