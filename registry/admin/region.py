from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.admin.base import RestrictedAdmin
from registry.models import Region


@admin.register(Region)
class RegionAdmin(RestrictedAdmin):
    """Reference data: every party reads it, superusers correct it."""

    list_display = ("code", "name", "prefix", "scheme", "retired")
    list_filter = ("retired",)
    search_fields = ("code__startswith", "name__ilike")
    search_help_text = _("Code or name")
    autocomplete_fields = ("successors",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Without the boundaries, which can be large."""
        return super().get_queryset(request).defer("boundary")

    def get_fields(self, request: HttpRequest, obj: Region | None = None) -> Any:
        """A boundary of thousands of vertices is for those who may correct it."""
        known = ("scheme", "code", "name", "prefix", "retired", "successors")
        return (*known, "boundary") if self.may_change(request, obj) else known
