"""What lists of planned facilities can be filtered by, for the API and the site alike."""

from django_filters import rest_framework as filters

from registry.filters import BoxFilter, ChoicesFilter, CodeFilter, NearFilters, RegionFilter, TextFilter, by_geometry
from registry.models import FacilityStage, FacilityType, PlannedFacility, Sector


class FacilityFilters(NearFilters):
    indexed = by_geometry

    facility_type = ChoicesFilter(choices=FacilityType.choices)
    stage = ChoicesFilter(choices=FacilityStage.choices)
    owner = CodeFilter(field_name="owner__code", help_text="The owner's code.")
    region = RegionFilter()
    sector = ChoicesFilter(field_name="owner__sector", choices=Sector.choices)
    bbox = BoxFilter(by_geometry)
    request_by_from = filters.DateFilter(
        field_name="request_by", lookup_expr="gte", help_text="Space can still be asked for on this day."
    )
    q = TextFilter("code", "name")

    class Meta:
        model = PlannedFacility
        fields: tuple[str, ...] = ()
