"""A monthly report as a page, a workbook and a PDF: made of the kept figures, in the language that is active."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from registry.exports.table import Table
from registry.printing import pdf
from sharing.models import Report
from sharing.monitoring import files, reports
from sharing.monitoring.figures import Row
from sharing.monitoring.indicators import Indicator
from sharing.shown import factors
from sharing.shown.figures import read


def name(report: Report) -> str:
    """Of its files, without their endings."""
    return f"report-{report.organization.code}-{report.month:%Y-%m}"


def printed(report: Report) -> bytes:
    """The report as PDF."""
    return pdf("print/report.html", context(report))


def sheets(report: Report) -> list[Table]:
    """The tables of its workbook: what it is, then each indicator by each breakdown."""
    sections = list(reports.sections(report))
    about = [
        (_("Regulator"), str(report.organization)),
        (_("Month"), date_format(report.month, "YEAR_MONTH_FORMAT")),
        (_("Made at"), date_format(localtime(report.made_at), "SHORT_DATETIME_FORMAT")),
        *((str(one.indicator.title), f"{one.indicator.formula} {one.indicator.source}") for one in sections),
        *((_("Factor: %(kind)s") % {"kind": one.kind}, one.in_a_line) for one in factors.said()),
    ]
    tables = [files.of_texts("about", (_("Name"), _("Text")), about)]
    for section in sections:
        tables += [files.of_figures(section.indicator, *part) for part in section.parts]
    return tables


def context(report: Report) -> dict[str, Any]:
    """What the page and the PDF show."""
    sections = [
        (one.indicator, [(part[0], _lines(one.indicator, *part[1:])) for part in one.parts if part[1]])
        for one in reports.sections(report)
    ]
    return {"report": report, "factors": factors.said(), "sections": sections}


def _lines(indicator: Indicator, rows: Sequence[Row], labels: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The words of each row, and its figures as people read them."""
    return [
        (labels[row.key], [read(row.values.get(column.code), column.unit) for column in indicator.columns])
        for row in rows
    ]
