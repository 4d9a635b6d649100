"""Samples for an assessment by a third party: drawn, looked at, taken along."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from registry.web.access import MemberRequest, members
from sharing.errors import BadInput, NotYours
from sharing.models import Frame, Sample
from sharing.monitoring import files, samples
from sharing.shown.figures import read_cell
from sharing.shown.sample import criteria
from sharing.web.monitoring import FORMS, file_of
from sharing.web.monitoring_filters import Filters
from sharing.web.reports import MakeForm, offices_of


class DrawForm(MakeForm):
    """With the filters of the figures beside it, which say what is drawn from."""

    month = None  # type: ignore[assignment]
    frame = forms.ChoiceField(label=gettext_lazy("Drawn from"), choices=Frame.choices)
    size = forms.IntegerField(label=gettext_lazy("Rows"), min_value=1, max_value=samples.MOST, initial=50)
    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Any text: who knows it can draw the same rows again. By chance when left empty."),
    )


@members
def sample_list(request: MemberRequest) -> HttpResponse:
    """The samples of one's own office, and a form to draw one."""
    offices = offices_of(request.user)
    form, status = DrawForm(request.POST or None, offices=offices), 200
    filters = Filters(request.POST or request.GET, request.user)
    if request.method == "POST":
        status = 400
        if form.is_valid() and filters.is_valid():
            given = dict(form.cleaned_data)
            try:
                drawn = samples.draw(
                    given["organization"],
                    filters.scope(),
                    of=given["frame"],
                    size=given["size"],
                    seed=given["seed"],
                    actor=request.user,
                )
                return HttpResponseRedirect(reverse("web:sample", args=[drawn.pk]))
            except (BadInput, NotYours) as refusal:
                form.add_error(getattr(refusal, "field", "") or None, refusal.message)
    rows = Sample.objects.visible_to(request.user).select_related("organization", "drawn_by").defer("members")
    context = {"samples": rows[:200], "form": form if offices else None, "filters": filters}
    return render(request, "web/samples.html", context, status=status)


@members
def sample(request: MemberRequest, pk: int) -> HttpResponse:
    """What was drawn, and whether its seed still draws the same."""
    found, scope, fields = _seen(request, pk)
    rows = samples.members(found, scope)
    context = {
        "sample": found,
        "criteria": criteria(found, scope.region),
        "fields": fields,
        "rows": [
            (number, key, [read_cell(field.value(row)) for field in fields] if row else None)
            for number, (key, row) in enumerate(rows, 1)
        ],
        "is_same": samples.is_same(found, scope),
        "forms": FORMS,
    }
    return render(request, "web/sample.html", context)


@members
def sample_file(request: MemberRequest, pk: int, form: str) -> HttpResponseBase:
    """The rows drawn as a file."""
    found, scope, fields = _seen(request, pk)
    name = f"sample-{found.pk}"
    return file_of(form, files.of_members(name, fields, samples.members(found, scope)), name)


def _seen(request: MemberRequest, pk: int) -> Any:
    found = get_object_or_404(
        Sample.objects.visible_to(request.user).select_related("organization", "drawn_by"), pk=pk
    )
    return found, samples.scope_of(found, request.user), samples.FIELDS[found.frame]
