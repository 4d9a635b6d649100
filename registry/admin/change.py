from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin
from registry.changes import differences
from registry.models import Change


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Who changed what in the catalog, of members, plans, grants, accounts and tokens; nobody changes it. Of places it
    says that they changed, not where they were: this is no door by which an exact place leaves."""

    list_display = ("changed_at", "noun", "label", "act", "what", "actor", "organization")
    list_filter = ("noun", "act", "changed_at", ("organization", AutocompleteFilter))
    linked_by = ("row",)
    list_select_related = ("actor", "organization")
    search_fields = ("label__ilike", "actor__username__ilike")
    search_help_text = gettext_lazy("Code of the asset, plan or organization, or user name")
    fields = ("changed_at", "noun", "label", "row", "act", "what", "actor", "organization")

    @admin.display(description=gettext_lazy("before → after"))
    def what(self, change: Change) -> str:
        return _("; ").join(differences(change)) or _("%(count)s at once") % {"count": change.count}
