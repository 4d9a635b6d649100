"""The audit on a page: events, changes, disclosures, sights and files taken, narrowed, searched, taken along."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.exports.formats import FORMATS
from registry.replicas import may_lag
from registry.web.access import MemberRequest, members
from registry.web.forms import DayInput, Form
from registry.web.tables import shown
from sharing.monitoring import files
from sharing.monitoring.audit import Trail, trail
from sharing.monitoring.drilldown import Drill
from sharing.web.monitoring import FORMS, file_of, table_of


class AuditForm(Form):
    of = forms.ChoiceField(label=gettext_lazy("What"), required=False, choices=Trail.choices)
    start = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    end = forms.DateField(label=gettext_lazy("To"), required=False, widget=DayInput)
    text = forms.CharField(
        label=gettext_lazy("Search"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )

    def drill(self, user: Any) -> Drill:
        """What is asked for; everything where the form is wrong."""
        given = self.cleaned_data if self.is_valid() else {}
        start: date | None = given.get("start")
        return trail(
            given.get("of") or Trail.EVENTS, user, start=start, end=given.get("end"), text=given.get("text", "")
        )


@members
@may_lag
def audit(request: MemberRequest) -> HttpResponse:
    """A page of the trail, the newest first."""
    form = AuditForm({**request.GET.dict()})
    drill = form.drill(request.user)
    table = table_of(drill, _("Nothing here that you may know of. Choose other days, or leave the search empty."))
    asked = urlencode({name: value for name, value in form.data.items() if value and name != "page"})
    context = {
        "form": form,
        "table": shown(request, table),
        "files": [(kind, f"{reverse('web:audit-file', args=[kind])}?{asked}") for kind in FORMS],
    }
    return render(request, "web/audit.html", context)


@members
@may_lag
def audit_file(request: MemberRequest, form: str) -> HttpResponseBase:
    """The same as a file; refused where there are more rows than a page may wait for."""
    if form not in FORMS:
        raise Http404
    asked = AuditForm({**request.GET.dict()})
    drill, most = asked.drill(request.user), FORMATS[form].at_once
    if drill.rows[most : most + 1].exists():
        messages.error(request, _("There are more than %(most)d rows: narrow them first.") % {"most": most})
        return HttpResponseRedirect(f"{reverse('web:audit')}?{request.GET.urlencode()}")
    return file_of(form, files.of_drill("audit", drill), "audit")
