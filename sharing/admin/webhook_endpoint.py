from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin, person
from registry.tags import tag
from sharing.errors import Refusal
from sharing.models import EventType, WebhookEndpoint
from sharing.shown.refusals import tell
from sharing.workflow import webhooks


class EnabledFilter(admin.SimpleListFilter):
    title = gettext_lazy("enabled or not")
    parameter_name = "enabled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("yes", _("enabled")), ("no", _("disabled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> QuerySet[WebhookEndpoint]:
        if self.value() in ("yes", "no"):
            return queryset.filter(disabled_at__isnull=self.value() == "yes")
        return queryset


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Where events are sent. Endpoints are made by the API, which shows the secret once; it is never shown here."""

    list_display = ("name", "organization", "url", "state", "failing_since")
    list_filter = (EnabledFilter, "disabled_reason", ("organization", AutocompleteFilter))
    list_select_related = ("organization", "created_by")
    search_fields = ("name__ilike", "url__ilike", "organization__name__ilike")
    search_help_text = gettext_lazy("Name, address or organization")
    ordering = ("-id",)
    fields = (
        "name", "organization", "url", "types_in_words", "state", "disabled_at", "failing_since",
        "previous_secret_until", "log", "created_by", "created_at",
    )  # fmt: skip
    actions = ("enable", "disable")

    @admin.display(description=gettext_lazy("state"))
    def state(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.disabled_at:
            return tag("failed", endpoint.get_disabled_reason_display())
        if endpoint.failing_since:
            return tag("pending", _("Failing"))
        return tag("active", pgettext("endpoint", "Enabled"))

    @admin.display(description=gettext_lazy("event types"))
    def types_in_words(self, endpoint: WebhookEndpoint) -> str:
        return _(", ").join(str(EventType(one).label) for one in endpoint.types) or _("all")

    @admin.display(description=gettext_lazy("deliveries"))
    def log(self, endpoint: WebhookEndpoint) -> str:
        address = reverse("admin:sharing_webhookdelivery_changelist") + f"?endpoint__id__exact={endpoint.pk}"
        return format_html('<a class="link" href="{}">{}</a>', address, _("What was sent there"))

    @admin.action(description=gettext_lazy("Enable"))
    def enable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """From now on; what was parked is sent once it is replayed."""
        self._switch(request, queryset, enabled=True)

    @admin.action(description=gettext_lazy("Disable"))
    def disable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint], *, enabled: bool) -> None:
        done = 0
        for endpoint in queryset:
            try:
                webhooks.change(endpoint, enabled=enabled, actor=person(request))
                done += 1
            except Refusal as refusal:
                why = {"endpoint": endpoint, "why": refusal.message}
                tell(request, refusal, _("“%(endpoint)s” was left as it is: %(why)s") % why)
        if done:
            text = (
                ngettext("%(n)d endpoint enabled.", "%(n)d endpoints enabled.", done)
                if enabled
                else ngettext("%(n)d endpoint disabled.", "%(n)d endpoints disabled.", done)
            )
            messages.success(request, text % {"n": done})
