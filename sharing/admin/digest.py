from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import ReadOnlyAdmin, person
from registry.tags import tag
from sharing.models import Digest
from sharing.notifications import digest


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    """The daily mails: one's own, and to superusers all, so that what keeps failing is found."""

    list_display = ("recipient", "day", "status_tag", "attempts", "sent_at", "last_error")
    list_filter = ("status",)
    list_select_related = ("recipient",)
    ordering = ("-id",)
    fields = ("recipient", "day", "status_tag", "attempts", "next_attempt_at", "sent_at", "last_error")
    actions = ("try_again",)

    @admin.display(description=gettext_lazy("delivery"))
    def status_tag(self, sent: Digest) -> str:
        return tag(sent.status, sent.get_status_display())

    @admin.action(description=gettext_lazy("Try again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Makes parked mails due again, once what kept them from leaving is mended."""
        count = digest.retry(Digest.objects.filter(pk__in=queryset.order_by().values("pk")))
        text = ngettext("%(n)d parked message is tried again.", "%(n)d parked messages are tried again.", count)
        messages.success(request, text % {"n": count})

    def get_actions(self, request: HttpRequest) -> Any:
        """Deliveries are the registry's own to try again."""
        actions = super().get_actions(request)
        if not person(request).is_superuser:
            actions.pop("try_again", None)
        return actions
