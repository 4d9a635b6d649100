"""Monthly reports: what there is, one by itself, as workbook and PDF; and one of any month gone by."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.exports.files import opened
from registry.exports.formats import FORMATS
from registry.models import Organization, Role, User
from registry.printing import pdf
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from sharing.errors import BadInput, NotYours
from sharing.models import Report
from sharing.monitoring import files, reports
from sharing.monitoring.factors import Factor, factors
from sharing.monitoring.figures import Row
from sharing.monitoring.indicators import Indicator
from sharing.web.monitoring import read
from sharing.web.monitoring_filters import MonthField


class MakeForm(Form):
    organization = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("For"))
    month = MonthField(label=gettext_lazy("Month"), help_text=gettext_lazy("One that has ended."))

    def __init__(self, *args: Any, offices: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organization"]
        field.queryset = offices
        field.initial = offices.first()


def offices_of(user: User) -> QuerySet[Organization]:
    """The regulators for which this person may make reports and draw samples."""
    own = user.organizations_as(Role.EDITOR)
    return Organization.objects.filter(pk__in=own, regulates__isnull=False).order_by("code")


@members
def report_list(request: MemberRequest) -> HttpResponse:
    """The reports of one's own office, and a form to make one."""
    offices = offices_of(request.user)
    form = MakeForm(request.POST or None, offices=offices)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = reports.make(**form.cleaned_data, actor=request.user)
                messages.success(request, _("The report is there."))
                return HttpResponseRedirect(reverse("web:report", args=[made.pk]))
            except (BadInput, NotYours) as refusal:
                form.add_error(getattr(refusal, "field", "") or None, refusal.message)
        status = 400
    rows = Report.objects.visible_to(request.user).select_related("organization", "made_by").defer("figures")
    context = {"reports": rows[:200], "form": form if offices else None}
    return render(request, "web/reports.html", context, status=status)


@members
def report(request: MemberRequest, pk: int) -> HttpResponse:
    """One report, as its PDF shows it."""
    return render(request, "web/report.html", _context(_seen(request, pk)))


@members
def report_file(request: MemberRequest, pk: int, form: str) -> HttpResponseBase:
    """The workbook or the PDF, made of the kept figures in the reader's language."""
    found = _seen(request, pk)
    name = f"report-{found.organization.code}-{found.month:%Y-%m}"
    if form == "pdf":
        headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
        return HttpResponse(pdf("print/report.html", _context(found)), content_type="application/pdf", headers=headers)
    if form != "xlsx":
        raise Http404
    format = FORMATS["xlsx"]
    file = opened(format, _sheets(found), f"{name}.xlsx")
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=format.media_type)


def _seen(request: MemberRequest, pk: int) -> Report:
    rows = Report.objects.visible_to(request.user).select_related("organization__regulates", "made_by")
    return get_object_or_404(rows, pk=pk)


def _sheets(found: Report) -> list[Any]:
    sections = list(reports.sections(found))
    about = [
        (_("Regulator"), str(found.organization)),
        (_("Month"), f"{found.month:%Y-%m}"),
        (_("Made at"), date_format(localtime(found.made_at), "Y-m-d H:i")),
        *((str(one.indicator.title), f"{one.indicator.formula} {one.indicator.source}") for one in sections),
        *((_("Factor: %(kind)s") % {"kind": kind}, _factor(factor)) for kind, factor in factors().items()),
    ]
    tables = [files.of_texts("about", ("what", "text"), about)]
    for section in sections:
        tables += [files.of_figures(section.indicator, *part) for part in section.parts]
    return tables


def _factor(factor: Factor) -> str:
    amounts = f"{factor.cost} / {factor.per}; {factor.co2_t} t CO₂ / {factor.per}."
    return f"{amounts} {factor.cost_source} {factor.co2_source}"


def _context(found: Report) -> dict[str, Any]:
    sections = [
        (one.indicator, [(part[0], _lines(one.indicator, *part[1:])) for part in one.parts if part[1]])
        for one in reports.sections(found)
    ]
    return {"report": found, "factors": factors(), "sections": sections}


def _lines(indicator: Indicator, rows: Sequence[Row], labels: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The words of each row, and its figures as people read them."""
    return [
        (labels[row.key], [read(row.values.get(column.code), column.unit) for column in indicator.columns])
        for row in rows
    ]
