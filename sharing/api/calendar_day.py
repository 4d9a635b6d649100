from django_filters import rest_framework as filters

from registry.api.serializers import Shown
from registry.filters import CodeFilter, Filters
from sharing.api.verbs import SharingResource
from sharing.models import CalendarDay


class DayShown(Shown[CalendarDay]):
    """A public holiday, or a weekend day worked in exchange (调休)."""

    class Meta:
        model = CalendarDay
        fields = ("id", "calendar", "day", "name", "working")
        read_only_fields = fields


class DayFilters(Filters):
    calendar = CodeFilter(help_text="ISO 3166 code of the country.")
    day_from = filters.DateFilter(field_name="day", lookup_expr="gte")
    day_until = filters.DateFilter(field_name="day", lookup_expr="lt", help_text="The day after the last.")

    class Meta:
        model = CalendarDay
        fields: tuple[str, ...] = ()


class DayResource(SharingResource):
    """The days that differ from their weekday, by which deadlines count."""

    model = CalendarDay
    noun, nouns = "calendar day", "calendar days"
    orderings = ("day", "id")
    serializer_class = DayShown
    filterset_class = DayFilters
