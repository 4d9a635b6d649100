from pathlib import Path
from typing import Any

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry.api import downloads
from registry.api.asked_list import asked_list
from registry.api.import_job import PairsField
from registry.api.problems import Problem, bad_field
from registry.api.serializers import Body, Shown
from registry.api.views import Resource
from registry.exports.formats import FORMATS, Counted, write
from registry.exports.jobs import rights_of
from registry.exports.table import ExportRefused
from registry.filters import ChoicesFilter, Filters
from registry.models import ApiToken, ExportJob, JobStatus, Scope
from registry.nudge import nudge_on_commit

MAKE_EXPORTS = "registry.make_exports"
MOST_UNFINISHED = 5


class ExportJobShown(Shown[ExportJob]):
    """A list on its way into a file. Once it is `done` the file can be fetched, by you alone, until `expires_at`."""

    parameters = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ExportJob
        fields = (
            "id", "resource", "format", "parameters", "status", "progress", "rows", "filename", "error", "created_at",
            "started_at", "finished_at", "expires_at",
        )  # fmt: skip
        read_only_fields = fields


class ExportBody(Body):
    """A list, as its address has it, and the parameters that it takes."""

    resource = serializers.CharField(max_length=40, help_text="assets, planned-facilities, demands, matches …")
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    parameters = PairsField(
        required=False, default=dict, help_text="Filters of the list, `ordering`, `fields` and `crs`, each a text."
    )


class ExportJobFilters(Filters):
    status = ChoicesFilter(choices=JobStatus.choices)

    class Meta:
        model = ExportJob
        fields: tuple[str, ...] = ()


class ExportJobResource(Resource):
    """Your exports: lists that take longer to write than a call may wait."""

    model = ExportJob
    noun, nouns = "export job", "export jobs"
    orderings = ("-id",)
    serializer_class = ExportJobShown
    filterset_class = ExportJobFilters
    # It keeps nothing but the order itself.
    scope = Scope.READ

    @extend_schema(request=ExportBody, responses={202: ExportJobShown})
    def create(self, request: Request) -> HttpResponseBase:
        """Order a list as a file

        Answered at once with the job that makes it, of whatever length. What you may see decides what is in it.
        """
        values = self.given(ExportBody)
        view = asked_list(values["resource"], values["parameters"], self.user)
        if view is None or values["format"] not in {renderer.format for renderer in view.get_renderers()}:
            raise bad_field("format" if view else "resource", _("There is no such list, or it has no such format."))
        try:
            downloads.asked(view, FORMATS[values["format"]])
        except Problem as problem:
            for error in problem.errors:
                error["pointer"] = f"#/parameters/{error.pop('parameter', '')}"
            raise
        if ExportJob.objects.visible_to(self.user).unfinished().count() >= MOST_UNFINISHED:
            raise Problem("conflict", _("Wait for one of your exports to be made: %(most)d are under way.") % {
                "most": MOST_UNFINISHED
            })  # fmt: skip
        job = ExportJob.objects.create(requested_by=self.user, token=_token_of(request), **values)
        nudge_on_commit(MAKE_EXPORTS)
        answer = self.answer_with(job.pk, 201)
        answer.status_code = 202
        return answer

    @extend_schema(
        responses=downloads.described((format.media_type for format in FORMATS.values()), "The file."),
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, id: int) -> HttpResponseBase:
        """Fetch the file of an export

        For its requester alone, while the rights that it was made by are the same, and until it expires.
        """
        job = self.get_object()
        if job.status != JobStatus.DONE or job.expires_at <= timezone.now():
            raise Problem("not_seen")
        if job.rights != rights_of(self.user):
            raise Problem("not_yours", _("Your rights have changed since the file was made: order it anew."))
        return FileResponse(
            job.file.open("rb"),
            as_attachment=True,
            filename=job.filename,
            content_type=FORMATS[job.format].media_type,
        )


def _token_of(request: Request) -> ApiToken | None:
    return request.auth if isinstance(request.auth, ApiToken) else None


def make(job: ExportJob, path: Path, counting: Any) -> None:
    """The list of the job, as its requester may see it now (exports.jobs.Make)."""
    view, format = asked_list(job.resource, job.parameters, job.requested_by), FORMATS[job.format]
    if view is None or not job.requested_by.is_active:
        raise ExportRefused(_("There is no such list."))
    try:
        queryset, crs = downloads.asked(view, format)
    except Problem as problem:
        raise ExportRefused(str(problem.detail)) from problem
    counted: Counted = counting(queryset.count())
    with view.tables(queryset, format, crs) as tables:
        write(format, tables, path, counted)
