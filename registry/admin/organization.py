from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.admin.base import AutocompleteFilter, WithinRegionFilter, person
from registry.admin.seen import SeenAdmin
from registry.models import Organization, Role

# What an organization says of itself; the rest decides what it may do, and is the registry's to state.
OWN_WORDS = ("contact_email", "contact_phone")


@admin.register(Organization)
class OrganizationAdmin(SeenAdmin):
    """Every party sees the others; its managers keep its contact, superusers the rest."""

    needed_role = Role.MANAGER
    list_display = ("code", "name", "sector", "region", "regulates")
    list_filter = ("sector", ("region", WithinRegionFilter), ("regulates", AutocompleteFilter))
    list_select_related = ("region", "regulates")
    search_fields = ("code__ilike", "name__ilike", "social_credit_code__iexact")
    search_help_text = _("Code, name or social credit code")
    autocomplete_fields = ("region", "regulates")
    fieldsets = (
        (None, {"fields": ("code", "name", "sector", "region", "social_credit_code")}),
        (_("Contact"), {"fields": OWN_WORDS}),
        (_("Regulation"), {"fields": ("regulates",)}),
    )

    def may_change(self, request: HttpRequest, obj: Organization | None) -> bool:
        """Managers change their own organization; only superusers add or remove one."""
        user = person(request)
        return user.is_superuser or (obj is not None and obj.pk in user.organizations_as(self.needed_role))

    def has_change_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """For the list (obj None): whether there is any to change."""
        user = person(request)
        return user.is_superuser or (
            bool(user.organizations_as(self.needed_role)) if obj is None else self.may_change(request, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return person(request).is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        if person(request).is_superuser:
            return ()
        return ("code", "name", "sector", "region", "social_credit_code", "regulates")
