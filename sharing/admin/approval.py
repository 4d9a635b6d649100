from django.contrib import admin
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin
from registry.tags import tag
from sharing.models import Approval


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """What regulators decided, to read."""

    list_display = ("what", "decision_tag", "reason", "regulator", "decided_by", "decided_at")
    list_filter = ("decision", "reason", ("regulator", AutocompleteFilter))
    linked_by = ("match",)
    list_select_related = ("match__demand__list", "regulator", "decided_by")
    search_fields = ("match__demand__name__ilike", "regulator__name__ilike")
    search_help_text = gettext_lazy("Name of the demand or regulator")
    ordering = ("-id",)
    fields = ("match", "decision_tag", "reason", "reason_text", "regulator", "decided_by", "decided_at", "fingerprint")

    @admin.display(description=gettext_lazy("match"))
    def what(self, approval: Approval) -> str:
        return f"{approval.match_id} · {approval.match.demand}"

    @admin.display(description=gettext_lazy("decision"))
    def decision_tag(self, approval: Approval) -> str:
        return tag(approval.decision, approval.get_decision_display())
