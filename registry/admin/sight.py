from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin, WithinRegionFilter
from registry.models import Sight


@admin.register(Sight)
class SightAdmin(ReadOnlyAdmin):
    """Who was given which protected place, by which way, and why they may; nobody changes it."""

    list_display = ("asset_code", "viewer", "organization", "basis", "way", "token", "day", "seen_at")
    list_filter = (
        "basis",
        "way",
        "day",
        ("owner", AutocompleteFilter),
        ("organization", AutocompleteFilter),
        ("region", WithinRegionFilter),
    )
    linked_by = ("asset_number",)
    list_select_related = ("viewer", "organization", "token")
    search_fields = ("asset_code__ilike", "viewer__username__ilike")
    search_help_text = _("Code of the asset, or user name")
    fields = (
        "asset_code", "asset_number", "owner", "region", "viewer", "token", "organization", "basis", "way", "day",
        "seen_at",
    )  # fmt: skip
