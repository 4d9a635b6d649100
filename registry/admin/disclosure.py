from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin
from registry.models import Disclosure


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    """Who was told which protected place, and why; nobody changes it."""

    list_display = ("asset", "organization", "reason", "disclosed_at")
    list_filter = (("organization", AutocompleteFilter),)
    linked_by = ("asset",)
    list_select_related = ("asset", "organization")
    search_fields = ("asset__code__ilike", "reason")
    search_help_text = _("Code of the asset, or reason")
    ordering = ("-id",)
    fields = ("asset", "organization", "reason", "reference", "disclosed_at")
