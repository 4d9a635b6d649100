"""Monthly reports: what there is, one by itself, as workbook and PDF; and one of any month gone by."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import printing
from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.models import Organization, Role, User
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from sharing.errors import BadInput, NotYours
from sharing.models import Report
from sharing.monitoring import reports
from sharing.shown import report as shown
from sharing.web.monitoring_filters import MonthField


class MakeForm(Form):
    organization = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("Regulator"))
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
    return render(request, "web/report.html", shown.context(_seen(request, pk)))


@members
def report_file(request: MemberRequest, pk: int, form: str) -> HttpResponseBase:
    """The workbook or the PDF, made of the kept figures in the reader's language."""
    found = _seen(request, pk)
    if form == "pdf":
        return printing.attached(shown.printed(found), shown.name(found))
    if form != "xlsx":
        raise Http404
    return attached(FORMATS["xlsx"], shown.sheets(found), shown.name(found))


def _seen(request: MemberRequest, pk: int) -> Report:
    rows = Report.objects.visible_to(request.user).select_related("organization__regulates", "made_by")
    return get_object_or_404(rows, pk=pk)
