"""Monitoring: the indicators as figures and charts, the rows behind each figure, and both as files."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_tables2.data import TableData

from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.exports.table import ExportRefused, Table
from registry.replicas import may_lag
from registry.web.access import MemberRequest, members
from registry.web.tables import Table as WebTable
from registry.web.tables import shown
from sharing.monitoring import files, kept
from sharing.monitoring.breakdowns import TOTAL, Breakdown
from sharing.monitoring.drilldown import Drill, behind
from sharing.monitoring.figures import Column, Row, Unit
from sharing.monitoring.indicators import INDICATORS, Indicator
from sharing.shown import factors
from sharing.shown.figures import read, read_cell
from sharing.web.monitoring_filters import Filters

FORMS = ("csv", "xlsx")
ANEW = "anew"
"""In an address: that figures are to be reckoned now, however long it takes."""


@dataclass(frozen=True)
class Card:
    """An indicator on the first page: its headline, and the same by its first breakdown."""

    indicator: Indicator
    headline: str
    column: Column
    url: str


@dataclass(frozen=True)
class Line:
    """A row of figures as it is read: its words, where its rows are, and its cells."""

    label: str
    url: str
    cells: list[str]


@members
@may_lag
def overview(request: MemberRequest) -> HttpResponse:
    """Each indicator in one number, for the span that is asked for."""
    filters = Filters(request.GET, request.user)
    scope, asked = filters.scope(), _asked(filters)
    cards, anew = [], ANEW in request.GET
    found = {code: kept.figures(one, scope, TOTAL.code, anew=anew) for code, one in INDICATORS.items()}
    for code, indicator in INDICATORS.items():
        column = indicator.column(indicator.headline)
        total = next(iter(found[code].rows), None)
        value = read(total.values[column.code], column.unit) if total else "–"
        address = reverse("web:indicator", args=[indicator.code])
        cards.append(Card(indicator, value, column, f"{address}?{asked}"))
    at = min((one.at for one in found.values() if one.at), default=None)
    context = {"filters": filters, "cards": cards, "at": at, "anew": f"?{asked}&{ANEW}=1"}
    return render(request, "web/monitoring.html", context)


@members
@may_lag
def indicator(request: MemberRequest, code: str) -> HttpResponse:
    """One indicator by one breakdown: chart, table, formula, files."""
    known = _indicator(code)
    breakdown = _breakdown(known, request.GET.get("by", ""))
    filters = Filters(request.GET, request.user)
    found = kept.figures(known, filters.scope(), breakdown.code, anew=ANEW in request.GET)
    rows, asked = list(found.rows), _asked(filters)
    labels = breakdown.labels([row.key for row in rows])
    address = reverse("web:indicator", args=[code])
    context = {
        "indicator": known,
        "breakdown": breakdown,
        "filters": filters,
        "tabs": [(one, f"{address}?{asked}&by={one.code}", one is breakdown) for one in known.breakdowns],
        "columns": known.columns,
        "lines": [_line(known, breakdown, row, labels[row.key], asked) for row in rows],
        "chart": _chart(known, breakdown, rows, [labels[row.key] for row in rows]),
        "files": [(form, _address("indicator-file", code, breakdown.code, form, asked=asked)) for form in FORMS],
        "factors": factors.said() if known.has_factors else [],
        "back": f"{reverse('web:monitoring')}?{asked}",
        "at": found.at,
        "anew": f"?{asked}&by={breakdown.code}&{ANEW}=1",
    }
    return render(request, "web/indicator.html", context)


@members
@may_lag
def indicator_file(request: MemberRequest, code: str, by: str, form: str) -> HttpResponseBase:
    """The figures of a breakdown as a file."""
    known = _indicator(code)
    breakdown = _breakdown(known, by)
    found = kept.figures(known, Filters(request.GET, request.user).scope(), breakdown.code)
    return file_of(form, files.of_figures(known, breakdown, list(found.rows)), f"{code}-{by}")


@members
@may_lag
def indicator_rows(request: MemberRequest, code: str) -> HttpResponse:
    """What a figure counts, row by row."""
    known = _indicator(code)
    filters = Filters(request.GET, request.user)
    breakdown, key = _breakdown(known, request.GET.get("by", "")), request.GET.get("key", "")
    drill = _behind(code, filters, breakdown, key)
    asked = f"{_asked(filters)}&{urlencode({'by': breakdown.code, 'key': key})}"
    context = {
        "indicator": known,
        "of": breakdown.labels([key]).get(key, key) if key else "",
        "table": shown(request, table_of(drill)),
        "files": [(form, _address("indicator-rows-file", code, form, asked=asked)) for form in FORMS],
        "back": f"{reverse('web:indicator', args=[code])}?{_asked(filters)}&by={breakdown.code}",
    }
    return render(request, "web/indicator_rows.html", context)


@members
@may_lag
def indicator_rows_file(request: MemberRequest, code: str, form: str) -> HttpResponseBase:
    """The same as a file; refused where there are more rows than a page may wait for."""
    filters = Filters(request.GET, request.user)
    breakdown, key = _breakdown(_indicator(code), request.GET.get("by", "")), request.GET.get("key", "")
    drill = _behind(code, filters, breakdown, key)
    most = FORMATS[form].at_once if form in FORMS else 0
    if drill.rows[most : most + 1].exists() and most:
        messages.error(request, _("There are more than %(most)d rows: narrow the figure first.") % {"most": most})
        return HttpResponseRedirect(f"{reverse('web:indicator', args=[code])}?{_asked(filters)}&by={breakdown.code}")
    return file_of(form, files.of_drill(code, drill), f"{code}-rows")


class ReadRows(TableData):  # type: ignore[misc]
    """The rows of a drill as a table takes them: counted and sliced by the database, read when they are shown."""

    def __getitem__(self, asked: slice) -> list[dict[str, str]]:
        return [
            {f"c{at}": read_cell(field.value(row)) for at, field in enumerate(self.data.fields)}
            for row in self.data.rows[asked]
        ]

    def order_by(self, _columns: object) -> None:
        """They stand in the order of the drill, whatever an address asks for."""

    def __len__(self) -> int:
        count: int = self.data.rows.count()
        return count


def table_of(drill: Drill, nothing: str = "") -> WebTable:
    """A column a field, none of which sorts: the rows stand in the order of the drill. nothing: what an empty one
    says."""
    columns = {f"c{at}": django_tables2.Column(field.title, orderable=False) for at, field in enumerate(drill.fields)}
    nothing = nothing or _("No row stands behind this figure.")
    table: WebTable = type("Rows", (WebTable,), columns)(ReadRows(drill), empty_text=nothing)
    return table


def _indicator(code: str) -> Indicator:
    if code not in INDICATORS:
        raise Http404
    return INDICATORS[code]


def _breakdown(known: Indicator, code: str) -> Breakdown:
    found = known.breakdown(code) if code else known.breakdowns[0]
    if found is None:
        raise Http404
    return found


def _behind(code: str, filters: Filters, breakdown: Breakdown, key: str) -> Drill:
    try:
        if key:
            breakdown.labels([key])
        return behind(code, filters.scope(), breakdown.code, key, user=filters.user)
    except (ValueError, KeyError) as error:
        raise Http404 from error


def _address(name: str, *args: str, asked: str) -> str:
    return f"{reverse(f'web:{name}', args=args)}?{asked}"


def _asked(filters: Filters) -> str:
    """What is asked for, as other pages of the same span take it."""
    return urlencode({name: value for name, value in filters.data.items() if value})


def _line(known: Indicator, breakdown: Breakdown, row: Row, label: str, asked: str) -> Line:
    query = urlencode({"by": breakdown.code, "key": row.key})
    url = f"{reverse('web:indicator-rows', args=[known.code])}?{asked}&{query}"
    return Line(label, url, [read(row.values.get(column.code), column.unit) for column in known.columns])


def _chart(known: Indicator, breakdown: Breakdown, rows: list[Row], labels: list[str]) -> dict[str, Any]:
    """What chart.js draws: a line over time, else bars; one series a charted column."""
    return {
        "type": "line" if breakdown.over_time else "bar",
        "stacked": known.code == "demands-met",
        "labels": labels,
        "series": [
            {"label": str(known.column(code).title), "values": [row.values.get(code) for row in rows]}
            for code in known.charted
        ],
        "unit": "%" if known.column(known.charted[0]).unit is Unit.PERCENT else "",
    }


def file_of(form: str, table: Table, name: str) -> HttpResponseBase:
    """A table as a file of one of FORMS to take along."""
    if form not in FORMS:
        raise Http404
    try:
        return attached(FORMATS[form], [table], name)
    except ExportRefused as refused:
        return HttpResponse(str(refused), status=400, content_type="text/plain; charset=utf-8")
