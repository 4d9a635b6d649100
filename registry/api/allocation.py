from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from registry.api.fields import OrganizationField, PeriodField, UnitsField
from registry.api.serializers import Shown
from registry.api.views import Resource
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter, SinceFilter
from registry.kinds import Kind
from registry.models import Allocation, Purpose


class AllocationShown(Shown[Allocation]):
    """A line of the ledger: which units of an asset are held, when, by whom, with which loads."""

    units = UnitsField(read_only=True)
    period = PeriodField(read_only=True)
    holder = OrganizationField(read_only=True)

    class Meta:
        model = Allocation
        fields = (
            "id", "asset", "units", "period", "weight_kg", "wind_area_m2", "power_kw", "holder", "purpose",
            "held_until", "reference", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class AllocationFilters(Filters):
    asset = filters.NumberFilter(help_text="The asset's id.")
    owner = CodeFilter(field_name="asset__owner__code", help_text="The code of the asset's owner.")
    holder = CodeFilter(field_name="holder__code", help_text="The holder's code.")
    purpose = ChoicesFilter(choices=Purpose.choices)
    reference = filters.UUIDFilter(help_text="What it serves: a leg of a match.")
    kind = ChoicesFilter(field_name="asset__kind", choices=Kind.choices)
    region = RegionFilter("asset__region", of="Of the asset")
    since = SinceFilter("created_at", what="written")
    on = filters.DateFilter(field_name="period", lookup_expr="contains", help_text="Held on this day.")

    class Meta:
        model = Allocation
        fields: tuple[str, ...] = ()


class AllocationResource(Resource):
    """The ledger, as far as it concerns you: what you hold, and what is held on what you own or regulate."""

    model = Allocation
    noun, nouns = "allocation", "allocations"
    serializer_class = AllocationShown
    filterset_class = AllocationFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("holder")
