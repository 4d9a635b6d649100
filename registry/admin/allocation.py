from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import AutocompleteFilter, ReadOnlyAdmin
from registry.models import Allocation
from registry.tags import days, numbers, tag


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    """The ledger, to read: only registry.capacity writes it."""

    list_display = ("asset", "unit_numbers", "days", "holder", "purpose_tag", "held_until")
    list_filter = ("purpose", ("holder", AutocompleteFilter))
    linked_by = ("asset", "reference")
    list_select_related = ("asset", "holder")
    search_fields = ("asset__code__ilike",)
    search_help_text = _("Code of the asset")
    ordering = ("-id",)
    fields = (
        "asset",
        "unit_numbers",
        "days",
        "holder",
        "purpose",
        "weight_kg",
        "wind_area_m2",
        "power_kw",
        "held_until",
        "reference",
        "created_at",
    )

    @admin.display(description=_("units"))
    def unit_numbers(self, line: Allocation) -> str:
        return numbers(line.units)

    @admin.display(description=_("period"))
    def days(self, line: Allocation) -> str:
        return days(line.period)

    @admin.display(description=_("purpose"))
    def purpose_tag(self, line: Allocation) -> str:
        return tag(line.purpose, line.get_purpose_display())
