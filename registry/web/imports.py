"""Files of assets on their way in: dropped, tried, mapped, tried again, landed, and undone while nothing uses them."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from registry.errors import WrongState
from registry.importing import requests, templates
from registry.importing.queueing import TooLarge, TooMany, queue
from registry.importing.undo import undo
from registry.kinds import Kind
from registry.models import ImportJob, ImportTarget, JobStatus, Organization, Role, User
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.paging import Pages
from registry.web.refusals import answer

PER_PAGE = 50
WAITING = (JobStatus.QUEUED, JobStatus.RUNNING)


class FileForm(Form):
    owner = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("Owner"), to_field_name="code")
    kind = forms.ChoiceField(choices=Kind.choices, label=gettext_lazy("Kind of assets"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, XLSX, XLS, GeoJSON, GeoPackage, KML, zipped Shapefile, FlatGeobuf, Parquet or OSM XML. "
            "Nothing is written before you have seen what it holds."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = Organization.objects.filter(pk__in=user.organizations_as(Role.MANAGER))
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
        if len(owners) == 1:
            self.fields["owner"].initial = owners[0]


class ReadingForm(Form):
    """How a file is read: its columns one by one, and what it does not say itself."""

    crs = forms.CharField(
        label=gettext_lazy("Coordinates are in"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("EPSG:4547, gcj02 or bd09; empty: as the file says, else WGS 84."),
    )
    layer = forms.CharField(label=gettext_lazy("Sheet or layer"), required=False, max_length=100)
    encoding = forms.CharField(label=gettext_lazy("Encoding"), required=False, max_length=40)
    capacity = forms.IntegerField(
        label=gettext_lazy("Capacity where the file has none"), required=False, min_value=1, max_value=100_000
    )

    def __init__(self, *args: Any, job: ImportJob, **kwargs: Any) -> None:
        options = job.options
        capacity = options.get("constants", {}).get("capacity", "")
        kwargs.setdefault(
            "initial",
            {name: options.get(name) for name in ("crs", "layer", "encoding")}
            # A number, as the field reads what is sent: a text would seem to have changed.
            | {"capacity": int(capacity) if capacity.isdecimal() and len(capacity) <= 6 else capacity},
        )
        super().__init__(*args, **kwargs)
        self.headings: list[str] = job.preview.get("headings", [])
        filled = {heading: target for target, heading in job.preview.get("columns", {}).items()}
        filled |= options.get("mapping", {})
        choices = templates.targets(job.options["kind"])
        for at, heading in enumerate(self.headings):
            unused = [] if heading in filled else [("", _("– not used"))]
            self.fields[f"column_{at}"] = forms.ChoiceField(
                choices=[*unused, *choices], required=False, label=heading, initial=filled.get(heading, "")
            )

    def clean(self) -> dict[str, Any]:
        """No field is filled from two columns."""
        cleaned: dict[str, Any] = super().clean() or {}
        seen: dict[str, str] = {}
        for at, heading in enumerate(self.headings):
            target = cleaned.get(f"column_{at}")
            if target and target in seen:
                self.add_error(f"column_{at}", _("“%(heading)s” fills this already.") % {"heading": seen[target]})
            elif target:
                seen[target] = heading
        return cleaned

    def options(self) -> dict[str, Any]:
        """As ImportJob.options has them."""
        given = self.cleaned_data
        mapping = {
            heading: given[f"column_{at}"] for at, heading in enumerate(self.headings) if given.get(f"column_{at}")
        }
        constants = {"capacity": str(given["capacity"])} if given["capacity"] else {}
        named = {name: given[name] or None for name in ("crs", "layer", "encoding")}
        return {"mapping": mapping, "constants": constants, **named}


@members
def imports(request: MemberRequest) -> HttpResponse:
    managed = request.user.organizations_as(Role.MANAGER)
    form = FileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            job = queue(
                given["owner"],
                ImportTarget.ASSETS,
                given["file"],
                {"kind": given["kind"], "dry_run": True},
                actor=request.user,
            )
            return redirect("web:import", job.pk)
        except TooLarge as refusal:
            form.add_error("file", str(refusal))
        except TooMany as refusal:
            form.add_error(None, str(refusal))
    jobs = ImportJob.objects.visible_to(request.user).filter(target=ImportTarget.ASSETS)
    context = {
        "form": form,
        "may_import": bool(managed),
        "page": Pages(jobs.select_related("organization", "created_by"), PER_PAGE).get_page(request.GET.get("page")),
        "kinds": Kind.choices,
    }
    return render(request, "web/imports.html", context, status=422 if form.errors else 200)


@members
def import_page(request: MemberRequest, id: int) -> HttpResponse:
    job = _job(request, id)
    return _shown(request, job, ReadingForm(job=job) if job.preview else None)


@require_http_methods(["GET", "HEAD", "POST"])
@members
def import_try(request: MemberRequest, id: int) -> HttpResponse:
    """Reads the file again, with the columns as they were chosen."""
    job = _job(request, id)
    if request.method != "POST":
        return redirect(_page(id))
    return _tried_again(request, job, ReadingForm(request.POST, job=job))


@require_http_methods(["GET", "HEAD", "POST"])
@members
def import_land(request: MemberRequest, id: int) -> HttpResponse:
    """Lands what the last check showed. Where other columns are sent than it was made with, nobody has seen what they
    would bring: the file is checked again by these."""
    job = _job(request, id)
    if request.method != "POST":
        return redirect(_page(id))
    form = ReadingForm(request.POST, job=job)
    if form.has_changed():
        why = _("The columns are not those of the last check, so the file is checked again: see first what it brings.")
        return _tried_again(request, job, form, why)
    try:
        requests.land(job.pk, actor=request.user)
    except WrongState as refused:
        return answer(request, refused, _page(id))
    return redirect(_page(id))


@require_POST
@members
def import_undo(request: MemberRequest, id: int) -> HttpResponse:
    job = _job(request, id)
    try:
        count = undo(job.pk, actor=request.user)
    except WrongState as refused:
        return answer(request, refused, _page(id))
    said = ngettext("%(count)d asset was taken off again.", "%(count)d assets were taken off again.", count)
    messages.success(request, said % {"count": count})
    return redirect(_page(id))


@members
def import_rejects(request: MemberRequest, id: int) -> FileResponse:
    job = _job(request, id)
    if not job.rejects:
        raise Http404
    return FileResponse(job.rejects.open("rb"), as_attachment=True, filename=f"rejects-{job.pk}.csv")


@members
def import_template(request: MemberRequest, kind: str, format: str) -> HttpResponse:
    """An empty file with the headings of a kind."""
    if kind not in Kind.values or format not in TEMPLATES:
        raise Http404
    make, media_type = TEMPLATES[format]
    disposition = f'attachment; filename="{kind}.{format}"'
    return HttpResponse(make(kind), content_type=media_type, headers={"Content-Disposition": disposition})


TEMPLATES: dict[str, Any] = {
    "csv": (templates.csv_template, "text/csv"),
    "xlsx": (
        templates.xlsx_template,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


def _job(request: MemberRequest, id: int) -> ImportJob:
    jobs = ImportJob.objects.visible_to(request.user).filter(target=ImportTarget.ASSETS)
    job = jobs.select_related("organization", "created_by").filter(pk=id).first()
    if job is None:
        raise Http404
    if request.method == "POST" and job.organization_id not in request.user.organizations_as(Role.MANAGER):
        raise PermissionDenied(_("Imports are for managers of the owner, since a file may state prices too."))
    return job


def _tried_again(request: MemberRequest, job: ImportJob, form: ReadingForm, why: str = "") -> HttpResponse:
    """The page of the file, which is read anew as the form says. why: what is told then."""
    if not form.is_valid():
        return _shown(request, job, form, status=422)
    try:
        requests.try_again(job.pk, form.options(), actor=request.user)
    except WrongState as refused:
        return answer(request, refused, _page(job.pk))
    if why:
        messages.warning(request, why)
    return redirect(_page(job.pk))


def _page(id: int) -> str:
    return reverse("web:import", args=[id])


def _shown(request: MemberRequest, job: ImportJob, form: ReadingForm | None, status: int = 200) -> HttpResponse:
    """The page, or what is in its frame while it waits for the worker."""
    preview = job.preview
    context = {
        "job": job,
        "form": form,
        "columns": [form[f"column_{at}"] for at in range(len(form.headings))] if form else [],
        "rows": _marked(job),
        "places": json.dumps(preview.get("places", {})),
        "waiting": job.status in WAITING,
        "is_trial": bool(job.options.get("dry_run")),
        "is_manager": job.organization_id in request.user.organizations_as(Role.MANAGER),
        "landing": job.report.get("created", 0) + job.report.get("updated", 0),
        "kind": Kind(job.options["kind"]).label,
        "suggested": [
            (heading, templates.label(job.options["kind"], target))
            for heading, target in preview.get("suggested", {}).items()
        ],
    }
    part = request.htmx and request.method == "GET"
    return render(request, "web/import_frame.html" if part else "web/import.html", context, status=status)


def _marked(job: ImportJob) -> list[dict[str, Any]]:
    """The first rows of the file, each cell with what is wrong with it."""
    wrong: dict[tuple[int, str], list[str]] = {}
    for reject in job.rejected:
        wrong.setdefault((reject["row"], reject["column"]), []).append(reject["reason"])
    headings = job.preview.get("headings", [])
    return [
        {
            "row": row["row"],
            "reasons": wrong.get((row["row"], ""), []),
            "cells": [
                {"text": text, "reasons": wrong.get((row["row"], heading), [])}
                for heading, text in zip(headings, row["cells"], strict=False)
            ],
        }
        for row in job.preview.get("rows", [])
    ]
