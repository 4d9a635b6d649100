from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from registry.admin.base import ReadOnlyAdmin, person
from registry.tags import tag
from sharing import words
from sharing.models import Delivery
from sharing.notifications import delivery


class MailAdmin(ReadOnlyAdmin):
    """Rows that leave by mail, and superusers' trying again of what was parked."""

    actions: Any = ("try_again",)

    @admin.display(description=gettext_lazy("delivery"))
    def status_tag(self, row: Delivery) -> str:
        return tag(row.status, row.get_status_display())

    @admin.display(description=gettext_lazy("last error"), ordering="last_error")
    def trouble(self, row: Delivery) -> str:
        return words.trouble(row.last_error)

    @admin.action(description=gettext_lazy("Try again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Makes parked mails due again, once what kept them from leaving is mended."""
        count = delivery.retry(self.model._default_manager.filter(pk__in=queryset.order_by().values("pk")))
        text = ngettext("%(n)d parked message is tried again.", "%(n)d parked messages are tried again.", count)
        messages.success(request, text % {"n": count})

    def get_actions(self, request: HttpRequest) -> Any:
        """Deliveries are the registry's own to try again."""
        actions = super().get_actions(request)
        if not person(request).is_superuser:
            actions.pop("try_again", None)
        return actions
