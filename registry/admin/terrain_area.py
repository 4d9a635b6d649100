from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, person
from registry.admin.seen import SeenAdmin
from registry.models import TerrainArea
from registry.svg_map import Shape, draw


@admin.register(TerrainArea)
class TerrainAreaAdmin(SeenAdmin):
    """Every party sees what the gaps of its routes are priced by; the editors of who loaded an area keep it right."""

    owner_field = "owner"
    list_display = ("code", "name", "terrain_class", "owner")
    list_filter = ("terrain_class", ("owner", AutocompleteFilter))
    list_select_related = ("owner",)
    sortable_by = ("code",)
    search_fields = ("code__ilike", "name__ilike")
    search_help_text = gettext_lazy("Code or name")
    autocomplete_fields = ("owner",)
    change_form_outer_before_template = "registry/place_map.html"
    fields = ("owner", "code", "name", "terrain_class", "geometry")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Without the outlines, which can be large."""
        return super().get_queryset(request).defer("geometry")

    def get_readonly_fields(self, request: HttpRequest, obj: TerrainArea | None = None) -> tuple[str, ...]:
        return () if obj is None or person(request).is_superuser else ("owner",)

    def beside_form(self, request: HttpRequest, obj: TerrainArea) -> dict[str, Any]:
        return {"place_map": draw([Shape(obj.geometry, "plan", str(obj))], title=_("Map of %(name)s") % {"name": obj})}
