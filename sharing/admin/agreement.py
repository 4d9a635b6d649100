from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyMixin, person
from registry.tags import days, tag
from sharing.admin.verbs import VerbMixin
from sharing.models import Agreement
from sharing.seen import with_why_ended
from sharing.workflow.rules import MATCH_FACTS


@admin.register(Agreement)
class AgreementAdmin(ReadOnlyMixin, VerbMixin):
    """What approved matches became."""

    list_display = ("number", "what", "party", "status_tag", "shown_period", "fee_per_year", "ended_on")
    list_filter = ("match__status", ("match__demand__list__party", AutocompleteFilter))
    linked_by = ("match",)
    list_select_related = ("match__demand__list__party",)
    search_fields = ("number__istartswith", "match__demand__name__ilike")
    search_help_text = gettext_lazy("Number, or name of the demand")
    ordering = ("-id",)
    fields = ("number", "match", "party", "status_tag", "shown_period", "fee_per_year", "ended_on", "why_ended")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return with_why_ended(super().get_queryset(request), person(request))

    @admin.display(description=gettext_lazy("demand"))
    def what(self, agreement: Agreement) -> str:
        return str(agreement.match.demand)

    @admin.display(description=gettext_lazy("party"))
    def party(self, agreement: Agreement) -> str:
        return str(agreement.match.demand.list.party)

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, agreement: Agreement) -> str:
        return tag(agreement.match.status, agreement.match.get_status_display())

    @admin.display(description=gettext_lazy("period"))
    def shown_period(self, agreement: Agreement) -> str:
        return days(agreement.period)

    @admin.display(description=gettext_lazy("why it ended"))
    def why_ended(self, agreement: Any) -> str:
        return agreement.why_ended or "–"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what the rules read of its match."""
        found = super().get_object(request, object_id, from_field)
        models.prefetch_related_objects([found], *(f"match__{fact}" for fact in MATCH_FACTS))
        return found
