"""Demand lists from files and from what was copied in a spreadsheet: as an import job, with its progress and the rows
that did not land; and the template files to begin with."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.errors import WrongState
from registry.importing import requests
from registry.importing.queueing import TooLarge, TooMany, queue
from registry.models import ImportJob, ImportTarget, JobStatus, Organization
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.refusals import answer
from sharing.exports.demand_template import csv_template, xlsx_template
from sharing.models import DemandList
from sharing.web.demand_lists import NewListForm
from sharing.web.verbs import standing_of
from sharing.workflow.rules import Verb, open_verbs

MOST_PASTED = 2_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SYSTEMS = [
    ("", gettext_lazy("As the file says, else WGS 84")),
    ("EPSG:4326", "WGS 84 (EPSG:4326)"),
    ("EPSG:4490", "CGCS2000 (EPSG:4490)"),
    ("gcj02", "GCJ-02"),
    ("bd09", "BD-09"),
]


class ReadingForm(Form):
    """How a file is to be read, as the options of the import."""

    crs = forms.ChoiceField(label=gettext_lazy("Coordinates"), required=False, choices=SYSTEMS)
    dry_run = forms.BooleanField(label=gettext_lazy("Only check, write nothing"), required=False)

    def options(self) -> dict[str, Any]:
        values = {name: self.cleaned_data.get(name) for name in ("crs", "layer", "encoding", "dry_run", "submit")}
        return {name: value for name, value in values.items() if value}


class FileForm(ReadingForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, XLSX, XLS, GeoJSON, GeoPackage, KML, zipped Shapefile or OSM XML."),
    )
    layer = forms.CharField(
        label=gettext_lazy("Sheet or layer"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Only where the file has several."),
    )
    field_order: tuple[str, ...] = ("file", "layer", "crs", "dry_run")


class PasteForm(ReadingForm):
    rows = forms.CharField(
        label=gettext_lazy("Rows, with their headings"),
        max_length=MOST_PASTED,
        widget=forms.Textarea({"rows": 12, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("Copied from a spreadsheet (tabs) or a CSV file; headings in English or Chinese."),
        strip=False,
    )
    field_order = ("rows", "crs", "dry_run")

    def clean_rows(self) -> str:
        rows: str = self.cleaned_data["rows"].strip("\r\n")
        if len(rows.splitlines()) < 2:
            raise forms.ValidationError(_("At least the headings and one row are needed."))
        return rows


class NewFileForm(NewListForm, FileForm):
    """A file that becomes a list of its own."""

    submit = forms.BooleanField(label=gettext_lazy("Submit it at once"), required=False)
    field_order = ("party", "title", "file", "layer", "crs", "dry_run", "submit")


@members
@require_safe
def template(request: MemberRequest, suffix: str) -> HttpResponse:
    """A file to fill in."""
    content, media_type = (xlsx_template(), XLSX) if suffix == "xlsx" else (csv_template(), "text/csv; charset=utf-8")
    name = f"demand-list-template.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def upload_new(request: MemberRequest) -> HttpResponse:
    """A file that becomes a list."""
    form = NewFileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        party, title = form.cleaned_data["party"], form.cleaned_data["title"]
        job = _queued(request, form, party, form.cleaned_data["file"], title=title)
        if job:
            return redirect("web:demand-upload-job", job.pk)
    return render(request, "web/demand_upload.html", {"form": form}, status=400 if form.is_bound else 200)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: MemberRequest, pk: int) -> HttpResponse:
    """A file whose rows go into a draft."""
    return _into_draft(request, pk, FileForm, "web/demand_upload.html")


@members
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: MemberRequest, pk: int) -> HttpResponse:
    """Rows from a spreadsheet that go into a draft."""
    return _into_draft(request, pk, PasteForm, "web/demand_paste.html")


@members
@require_safe
def upload_job(request: MemberRequest, pk: int) -> HttpResponse:
    """How far a file has come, and in the end what became of its rows."""
    jobs = ImportJob.objects.visible_to(request.user).select_related("organization")
    job = get_object_or_404(jobs, pk=pk, target=ImportTarget.DEMANDS)
    lists = DemandList.objects.visible_to(request.user)
    made = lists.filter(pk=job.demand_list_id or 0).first() or _draft_of(request, job)
    context = {
        "job": job,
        "under_way": job.status in (JobStatus.QUEUED, JobStatus.RUNNING),
        "status_tag": tag(job.status, job.get_status_display()),
        "made": made,
        "landing": job.report.get("created", 0) + job.report.get("updated", 0),
        "may_land": "land" in requests.open_requests(job, request.user),
    }
    return render(request, "web/demand_job_part.html" if request.htmx else "web/demand_job.html", context)


@members
@require_POST
def upload_land(request: MemberRequest, pk: int) -> HttpResponse:
    """Writes what the check of a file showed. Raises PermissionDenied for who drafts no lists of the party."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk, target=ImportTarget.DEMANDS)
    page = reverse("web:demand-upload-job", args=[pk])
    try:
        requests.land(job.pk, actor=request.user)
    except WrongState as refused:
        return answer(request, refused, page)
    return redirect(page)


@members
@require_safe
def rejects(request: MemberRequest, pk: int) -> HttpResponse:
    """The rows that did not land, each with its reason, to correct and send again."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk, target=ImportTarget.DEMANDS)
    if not job.rejects:
        raise Http404
    answer: Any = FileResponse(job.rejects.open("rb"), as_attachment=True, filename=f"rejects-{job.pk}.csv")
    file: HttpResponse = answer
    return file


def _into_draft(request: MemberRequest, pk: int, kind: type[ReadingForm], page: str) -> HttpResponse:
    lists = DemandList.objects.visible_to(request.user).select_related("party")
    found = get_object_or_404(lists, pk=pk)
    form = kind(request.POST or None, request.FILES or None)
    may_edit = Verb.EDIT in open_verbs(found, standing_of(request))
    if request.method == "POST" and may_edit and form.is_valid():
        rows = form.cleaned_data.get("rows")
        file = form.cleaned_data["file"] if rows is None else SimpleUploadedFile("pasted.csv", rows.encode())
        job = _queued(request, form, found.party, file, title=found.title, list=found.pk)
        if job:
            return redirect("web:demand-upload-job", job.pk)
    context = {"form": form, "list": found, "may_edit": may_edit}
    return render(request, page, context, status=400 if form.is_bound else 200)


def _queued(
    request: MemberRequest, form: ReadingForm, party: Organization, file: "UploadedFile[bytes]", **target: Any
) -> ImportJob | None:
    """The job that was queued; None where it is refused, which the form then says. target: title and list."""
    options = form.options() | target
    try:
        return queue(party, ImportTarget.DEMANDS, file, options, actor=request.user)
    except TooLarge as refusal:
        form.add_error("file", str(refusal))
    except TooMany as refusal:
        form.add_error(None, str(refusal))
    return None


def _draft_of(request: MemberRequest, job: ImportJob) -> DemandList | None:
    """The draft that a file was meant for which did not land."""
    return DemandList.objects.visible_to(request.user).filter(pk=job.options.get("list")).first()
