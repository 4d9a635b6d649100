"""Monitoring by the API: what each indicator is, its figures, and the rows behind them, as far as the caller may know
of what they count."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import renderers
from registry.api.downloads import SHEETS, described
from registry.api.pagination import CURSOR, LIMIT, KeysetPagination
from registry.api.problems import Problem, at_parameters, bad_parameter
from registry.api.views import Api
from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.models import User
from sharing.api.asked import Asked, scope_of
from sharing.monitoring import files, kept
from sharing.monitoring.breakdowns import TOTAL, Breakdown
from sharing.monitoring.drilldown import Drill, behind
from sharing.monitoring.factors import factors
from sharing.monitoring.figures import Unit
from sharing.monitoring.indicators import INDICATORS, Indicator
from sharing.monitoring.scope import Scope, first_of_month


class ColumnShown(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit])


class FactorShown(serializers.Serializer[Any]):
    """Of one build, or one kilometre of a route: money once, and tonnes of CO₂; null where there is no factor."""

    per = serializers.CharField()
    cost = serializers.FloatField(allow_null=True)
    cost_source = serializers.CharField()
    cost_is_assumed = serializers.BooleanField()
    co2_t = serializers.FloatField(allow_null=True)
    co2_source = serializers.CharField()
    co2_is_assumed = serializers.BooleanField()


class IndicatorShown(serializers.Serializer[Any]):
    """An indicator: how it is reckoned, from what, and what its figures can be broken down by."""

    code = serializers.CharField()
    title = serializers.CharField()
    formula = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    columns = ColumnShown(many=True)
    breakdowns = serializers.ListField(child=serializers.CharField())
    factors = serializers.DictField(child=FactorShown(), help_text="By kind; empty where it is reckoned without.")


class IndicatorsShown(serializers.Serializer[Any]):
    results = IndicatorShown(many=True)


class FigureRow(serializers.Serializer[Any]):
    """values: by the codes of the columns; null where nothing can be reckoned."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    values = serializers.DictField(child=serializers.FloatField(allow_null=True))


class FiguresShown(serializers.Serializer[Any]):
    """at: the moment that figures are of which were kept, as they take long to reckon; null where that is now."""

    indicator = serializers.CharField()
    by = serializers.CharField()
    start = serializers.CharField()
    end = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    rows = FigureRow(many=True)


class FiguresAsked(Asked):
    by = serializers.CharField(
        required=False,
        help_text="What the rows are of: a breakdown of the indicator, or total; the first breakdown when left out.",
    )
    anew = serializers.BooleanField(default=False, help_text="Whether kept figures are reckoned again, however long.")


class RowsAsked(Asked):
    by = serializers.CharField(required=False, help_text="The breakdown that `key` is of; the first when left out.")
    key = serializers.CharField(required=False, help_text="Of the row whose figures are counted; all when left out.")


class RowShown(serializers.Serializer[Any]):
    """An asset, demand, consent, match or leg that is counted. values: texts, numbers and days by codes."""

    id = serializers.IntegerField()
    values = serializers.DictField(child=serializers.JSONField())


class RowsShown(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")
    results = RowShown(many=True)


class IndicatorsView(Api):
    noun, nouns = "indicator", "indicators"

    @extend_schema(operation_id="indicators_list", responses=IndicatorsShown)
    def get(self, request: Request) -> Response:
        """List indicators

        Each once, with its formula and where it comes from.
        """
        self.check_parameters("format")
        return Response({"results": [_shown(one) for one in INDICATORS.values()]})


class IndicatorView(Api):
    noun, nouns = "indicator", "indicators"

    def may_lag(self) -> bool:
        return True

    @extend_schema(responses=FiguresShown, parameters=[FiguresAsked])
    def get(self, request: Request, code: str) -> Response:
        """Read the figures of an indicator

        Over whole months: of a region that you regulate all of it, else what is your organizations' own.
        """
        known = _known(code)
        asked = self.asked(FiguresAsked)
        breakdown, scope = _breakdown(known, asked.get("by", "")), _scope(asked, self.user)
        found = kept.figures(known, scope, breakdown.code, anew=asked["anew"])
        labels = breakdown.labels([row.key for row in found.rows])
        rows = [{"key": row.key, "label": str(labels[row.key]), "values": dict(row.values)} for row in found.rows]
        start, end = f"{scope.start:%Y-%m}", f"{first_of_month(scope.end, months=-1):%Y-%m}"
        return Response(
            {"indicator": code, "by": breakdown.code, "start": start, "end": end, "at": found.at, "rows": rows}
        )


class IndicatorRowsView(Api):
    noun, nouns = "indicator", "indicators"
    # Of pages; no parameter narrows them past the figure.
    orderings: ClassVar = ("id",)

    def may_lag(self) -> bool:
        return True

    def get_renderers(self) -> list[Any]:
        return [renderers.JSONRenderer(), *renderers.FileRenderer.of(*SHEETS)]

    def filters_given(self) -> list[str]:
        return []

    def may_leave_few(self, filters: list[str]) -> bool:
        return False

    @extend_schema(
        operation_id="indicators_rows",
        responses={
            (200, "application/json"): RowsShown,
            **described((format.media_type for format in SHEETS), "All rows."),
        },
        parameters=[
            RowsAsked,
            OpenApiParameter(LIMIT, int, description="Rows of a page."),
            OpenApiParameter(CURSOR, str, description="Where the page begins: `next` has it."),
        ],
    )
    def get(self, request: Request, code: str) -> HttpResponseBase:
        """Read the rows behind a figure

        The assets, demands, consents, matches or legs that it counts: in pages, or all of them as CSV or XLSX.
        """
        known = _known(code)
        asked = self.asked(RowsAsked, LIMIT, CURSOR)
        breakdown, scope = _breakdown(known, asked.get("by", "")), _scope(asked, self.user)
        drill = _behind(code, scope, breakdown, asked.get("key", ""), self.user)
        renderer: Any = request.accepted_renderer
        if renderer.exports:
            return self._file(drill, renderer.format, f"{code}-rows")
        paginator = KeysetPagination()
        page = paginator.paginate_queryset(drill.rows, request, view=self)
        rows = [{"id": row.pk, "values": {one.code: one.value(row) for one in drill.fields}} for row in page]
        return paginator.get_paginated_response(rows)

    def _file(self, drill: Drill, form: str, name: str) -> HttpResponseBase:
        for parameter in (LIMIT, CURSOR):
            if parameter in self.request.query_params:
                raise bad_parameter(parameter, _("A file holds the whole list: leave it out."))
        format = FORMATS[form]
        if drill.rows[format.at_once : format.at_once + 1].exists():
            text = _("There are more than %(most)d rows: narrow the figure first.") % {"most": format.at_once}
            raise bad_parameter("format", text, "too_many")
        return attached(format, [files.of_drill(name, drill)], name)


def _shown(one: Indicator) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": str(one.title),
        "formula": str(one.formula),
        "source": str(one.source),
        "columns": [
            {"code": column.code, "title": str(column.title), "unit": column.unit.value} for column in one.columns
        ],
        "breakdowns": [breakdown.code for breakdown in one.breakdowns],
        "factors": {kind: asdict(factor) for kind, factor in factors().items()} if one.has_factors else {},
    }


def _known(code: str) -> Indicator:
    if code not in INDICATORS:
        raise Problem("not_seen")
    return INDICATORS[code]


def _breakdown(known: Indicator, code: str) -> Breakdown:
    found = TOTAL if code == TOTAL.code else known.breakdown(code) if code else known.breakdowns[0]
    if found is None:
        names = ", ".join([TOTAL.code, *(one.code for one in known.breakdowns)])
        raise bad_parameter("by", _("One of: %(names)s.") % {"names": names}, "choice")
    return found


def _scope(asked: dict[str, Any], user: User) -> Scope:
    with at_parameters():
        return scope_of(asked, user)


def _behind(code: str, scope: Scope, breakdown: Breakdown, key: str, user: User) -> Drill:
    try:
        if key:
            breakdown.labels([key])
        return behind(code, scope, breakdown.code, key, user=user)
    except (ValueError, KeyError) as error:
        raise bad_parameter("key", _("This is no key of a row of that breakdown.")) from error
