from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, WithinRegionFilter, person
from registry.admin.seen import SeenAdmin
from registry.models import Asset, PlannedFacility
from registry.svg_map import Shape, draw

MOST_RESERVED = 200


@admin.register(PlannedFacility)
class PlannedFacilityAdmin(SeenAdmin):
    """Plans are published to every party; their owner's editors keep them."""

    owner_field = "owner"
    list_display = ("code", "name", "facility_type", "stage", "owner", "region", "request_by", "opens_on")
    list_filter = ("facility_type", "stage", ("owner", AutocompleteFilter), ("region", WithinRegionFilter))
    list_select_related = ("owner", "region")
    kept_by = gettext_lazy("space that is reserved in it: take those assets out of the plan first")
    sortable_by = ("code", "request_by", "opens_on")
    search_fields = ("code__ilike", "name__ilike")
    search_help_text = gettext_lazy("Code or name")
    autocomplete_fields = ("owner", "region")
    change_form_outer_before_template = "registry/place_map.html"
    fieldsets = (
        (None, {"fields": ("owner", "code", "name", "facility_type", "stage", "region")}),
        (gettext_lazy("Place"), {"fields": ("geometry",)}),
        (
            gettext_lazy("Dates"),
            {"fields": ("request_by", "design_freeze_on", "construction_starts_on", "opens_on")},
        ),
        (gettext_lazy("Cost"), {"fields": ("cost_rule",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: PlannedFacility | None = None) -> tuple[str, ...]:
        return () if obj is None or person(request).is_superuser else ("owner",)

    def beside_form(self, request: HttpRequest, obj: PlannedFacility) -> dict[str, Any]:
        """The map of the facility and of the space that it reserves, where its place may be known: of a protected
        space the plan would tell it."""
        user = person(request)
        placed: Any = Asset.objects.visible_to(user).with_place_for(user).filter(planned_facility=obj)
        reserved = placed.filter(place_is_exact=True).only("code")[:MOST_RESERVED]
        spaces = [Shape(asset.place, "neighbour", asset.code, framed=False) for asset in reserved]
        shapes = [Shape(obj.geometry, "plan", obj.name), *spaces]
        return {"place_map": draw(shapes, title=_("Map of %(name)s") % {"name": obj.name})}
