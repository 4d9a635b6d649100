from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry import printing
from registry.api.downloads import described
from registry.api.fields import MonthField, OrganizationField
from registry.api.renderers import PDF, FileRenderer
from registry.api.serializers import Body, Shown
from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.filters import CodeFilter, Filters
from sharing.api.indicator import FigureRow
from sharing.api.verbs import SharingResource
from sharing.models import Report
from sharing.monitoring import reports
from sharing.shown import report as shown

XLSX = FORMATS["xlsx"]


class ReportShown(Shown[Report]):
    """A regulator's figures of one month, as they stood when they were made. `made_by`: null where the timetable made
    it."""

    organization = OrganizationField(read_only=True)
    month = MonthField(read_only=True)
    made_by = serializers.CharField(source="made_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Report
        fields: tuple[str, ...] = ("id", "organization", "month", "made_at", "made_by")
        read_only_fields = fields


class SectionShown(serializers.Serializer[Any]):
    """The figures of an indicator by one breakdown."""

    indicator = serializers.CharField()
    by = serializers.CharField()
    rows = FigureRow(many=True)


class ReportRead(ReportShown):
    """A report with its figures."""

    sections = serializers.SerializerMethodField()

    class Meta(ReportShown.Meta):
        fields = (*ReportShown.Meta.fields, "sections")
        read_only_fields = fields

    @extend_schema_field(SectionShown(many=True))
    def get_sections(self, report: Report) -> list[dict[str, Any]]:
        return [
            {
                "indicator": section.indicator.code,
                "by": breakdown.code,
                "rows": [{"key": row.key, "label": str(labels[row.key]), "values": row.values} for row in rows],
            }
            for section in reports.sections(report)
            for breakdown, rows, labels in section.parts
        ]


class ReportBody(Body):
    organization = OrganizationField(help_text="The regulator's code.")
    month = MonthField(help_text="One that has ended.")


class MonthFilter(filters.DateFilter):
    """A month as 2026-11."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m"], **kwargs)


class ReportFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The regulator's code.")
    month = MonthFilter(help_text="As 2026-11.")
    first_month = MonthFilter(field_name="month", lookup_expr="gte", help_text="This month or later.")
    last_month = MonthFilter(field_name="month", lookup_expr="lte", help_text="This month or before.")

    class Meta:
        model = Report
        fields: tuple[str, ...] = ()


class ReportResource(SharingResource):
    """Monthly reports of your regulator, made by the timetable or by an editor."""

    model = Report
    noun, nouns = "report", "reports"
    orderings = ("-month", "id")
    serializer_class = ReportRead
    filterset_class = ReportFilters
    files: ClassVar = {"file": [*FileRenderer.of(XLSX), PDF]}

    def get_serializer_class(self) -> Any:
        return ReportShown if self.action == "list" else ReportRead

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = queryset.select_related("organization", "made_by")
        return rows.defer("figures") if self.action == "list" else rows

    @extend_schema(request=ReportBody, responses={201: ReportRead})
    def create(self, request: Request) -> HttpResponseBase:
        """Make the report of a month

        One that has ended, unless its report is there already: then that is what is answered with. For editors of the
        regulator.
        """
        return self.answer_with(reports.make(**self.given(ReportBody), actor=self.user).pk, 201)

    @extend_schema(responses=described([XLSX.media_type, PDF.media_type], "The report."))
    @action(detail=True, methods=["get"])
    def file(self, request: Request, id: int) -> HttpResponseBase:
        """Download a report

        As a workbook, or with `format=pdf` as it is printed; in the language of the call.
        """
        self.check_parameters("format")
        found, renderer = self.get_object(), self.request.accepted_renderer
        if renderer is PDF:
            return printing.attached(shown.printed(found), shown.name(found))
        return attached(XLSX, shown.sheets(found), shown.name(found))
