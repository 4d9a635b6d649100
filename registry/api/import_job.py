import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.downloads import SHEETS, described
from registry.api.fields import OrganizationField
from registry.api.problems import Problem
from registry.api.renderers import FileRenderer
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Resource
from registry.exports.formats import FORMATS
from registry.filters import ChoicesFilter, CodeFilter, Filters
from registry.importing.queueing import TooLarge, TooMany, queue
from registry.importing.requests import land, may_import, open_requests, try_again
from registry.importing.templates import csv_template, xlsx_template
from registry.importing.undo import may_undo, undo
from registry.kinds import Kind
from registry.models import ImportJob, ImportTarget, JobStatus, Organization


class JobShown(Shown[ImportJob]):
    """A file on its way in. `report` counts rows, created, updated, unchanged and rejected, once it is done."""

    organization = OrganizationField(read_only=True)
    has_rejects = serializers.SerializerMethodField(help_text="Whether there is a rejects file to download.")
    report = serializers.DictField(read_only=True)
    rejected = serializers.ListField(child=serializers.DictField(), read_only=True, help_text="The first hundred.")
    options = serializers.DictField(read_only=True)
    actions = ActionsField()

    class Meta:
        model = ImportJob
        fields = (
            "id", "target", "organization", "filename", "options", "status", "progress", "stage", "report", "rejected",
            "has_rejects", "demand_list_id", "error", "created_at", "started_at", "finished_at", "landed_at",
            "undone_at", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_has_rejects(self, job: ImportJob) -> bool:
        return bool(job.rejects)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class PairsField(serializers.Field[Any, Any, Any, Any]):
    """A JSON object of texts, also as the text of a form's field."""

    default_error_messages = {"object": _("A JSON object of texts is needed.")}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        try:
            pairs = json.loads(data) if isinstance(data, str) else data
        except ValueError:
            pairs = None
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            self.fail("object")
        return pairs

    def to_representation(self, value: Any) -> Any:
        return value


class ReadingBody(Body):
    """How a file is to be read; each as the options of the import commands (docs/formats.md)."""

    layer = serializers.CharField(required=False, help_text="Sheet of a workbook, or layer of a map file.")
    crs = serializers.CharField(required=False, max_length=40, help_text="EPSG:n, gcj02 or bd09.")
    encoding = serializers.CharField(required=False, max_length=40)
    mapping = PairsField(required=False, help_text="Heading of the file → field of the registry.")
    constants = PairsField(required=False, help_text="Field → value where the file has none.")


class ImportBody(ReadingBody):
    """A file and how it is to be read."""

    file = serializers.FileField(help_text="CSV, XLSX, XLS, GeoJSON, GeoPackage, KML, zipped Shapefile or OSM XML.")
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Check everything, write nothing.")


class AssetImportBody(ImportBody):
    owner = OrganizationField(help_text="The owner's code.")
    kind = serializers.ChoiceField(choices=Kind.choices)


class PreviewRow(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="Its number in the file.")
    cells = serializers.ListField(child=serializers.CharField())


class Preview(serializers.Serializer[Any]):
    """What a file holds, as it would be read: its first twenty rows, which heading fills which field, which may fill
    one, and where some of its places lie."""

    headings = serializers.ListField(child=serializers.CharField())
    columns = serializers.DictField(child=serializers.CharField(), help_text="Field → heading.")
    suggested = serializers.DictField(child=serializers.CharField(), help_text="Heading that fills nothing → field.")
    rows = PreviewRow(many=True)
    row_count = serializers.IntegerField(allow_null=True)
    layer = serializers.CharField()
    encoding = serializers.CharField()
    places = serializers.DictField(help_text="Up to 500 of them, as a FeatureCollection.")
    placed = serializers.IntegerField(help_text="Places that were looked at.")
    outside = serializers.IntegerField(help_text="Of these, outside the owner's region.")
    swapped = serializers.IntegerField(help_text="Of these, inside with longitude and latitude swapped.")
    crs = serializers.CharField()
    trouble = serializers.CharField(help_text="Why there are no places.")


class JobFilters(Filters):
    target = ChoicesFilter(choices=ImportTarget.choices)
    status = ChoicesFilter(choices=JobStatus.choices)
    organization = CodeFilter(field_name="organization__code")

    class Meta:
        model = ImportJob
        fields: tuple[str, ...] = ()


class JobResource(Resource):
    """Imports of your organizations: what became of each file."""

    model = ImportJob
    noun, nouns = "import job", "import jobs"
    orderings = ("-id",)
    serializer_class = JobShown
    filterset_class = JobFilters
    files: ClassVar = {"template": FileRenderer.of(*SHEETS)}
    # By what a file is of, and its format.
    templates: ClassVar[Mapping[str, Mapping[str, Callable[[], bytes]]]] = {
        kind: {"csv": partial(csv_template, kind), "xlsx": partial(xlsx_template, kind)} for kind in Kind.values
    }

    def joined(self, queryset: Any) -> Any:
        return queryset.select_related("organization")

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"actions": self._actions}

    @extend_schema(
        responses=described(["text/csv"], "The rejected rows."),
    )
    @action(detail=True, methods=["get"])
    def rejects(self, request: Request, id: int) -> HttpResponseBase:
        """Download the rejected rows

        A CSV of the rows that did not land, each with its number, column and reason; corrected, it can be sent again.
        """
        job = self.get_object()
        if not job.rejects:
            raise Problem("not_seen")
        return FileResponse(job.rejects.open("rb"), as_attachment=True, filename=f"rejects-{job.pk}.csv")

    @extend_schema(request=AssetImportBody, responses={202: JobShown})
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    def assets(self, request: Request) -> HttpResponseBase:
        """Import a file of assets

        Answered at once with the job that carries it out. For managers of the owner, since a file may state prices
        and protection too.
        """
        values = self.given(AssetImportBody)
        owner = values.pop("owner")
        return self.queue(owner, ImportTarget.ASSETS, values)

    @extend_schema(responses=described((format.media_type for format in SHEETS), "The template."))
    @action(detail=False, methods=["get"], url_path="templates/<str:of>")
    def template(self, request: Request, of: str) -> HttpResponse:
        """Download a template file

        Empty, with the headings that imports know: of a kind of assets, or of `demands`.
        """
        self.check_parameters("format")
        format = FORMATS[self.request.accepted_renderer.format]
        if of not in self.templates:
            raise Problem("not_seen")
        headers = {"Content-Disposition": f'attachment; filename="{of}.{format.suffix}"'}
        return HttpResponse(self.templates[of][format.name](), content_type=format.media_type, headers=headers)

    @extend_schema(responses={200: Preview})
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, id: int) -> Response:
        """Look into a file of assets

        That was sent with `dry_run`, once it has been read.
        """
        job = self.get_object()
        if not job.preview:
            raise Problem("not_seen")
        return Response(job.preview)

    @extend_schema(request=ReadingBody, responses={202: JobShown})
    @action(detail=True, methods=["post"], url_path="try")
    def try_(self, request: Request, id: int) -> HttpResponseBase:
        """Check a file again, read otherwise

        Of a file that was sent with `dry_run`; what is left out stays as it was. For managers of the owner; of
        demands, for editors of the party.
        """
        job = self._importable()
        try_again(job.pk, self.given(ReadingBody), actor=self.user)
        return self.answer_with(job.pk, 202)

    @extend_schema(request=None, responses={202: JobShown})
    @action(detail=True, methods=["post"])
    def land(self, request: Request, id: int) -> HttpResponseBase:
        """Carry out an import that was tried

        Of a file that was sent with `dry_run`: it lands as the trial has shown. For managers of the owner; of demands,
        for editors of the party.
        """
        job = self._importable()
        land(job.pk, actor=self.user)
        return self.answer_with(job.pk, 202)

    @extend_schema(request=None, responses={200: JobShown})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: int) -> HttpResponseBase:
        """Undo an import of assets

        What it created goes, as long as nothing uses any of it; what it changed stays changed. For managers of the
        owner.
        """
        job = self._importable()
        undo(job.pk, actor=self.user)
        return self.answer_with(job.pk)

    def _actions(self, job: ImportJob) -> list[str]:
        return [*open_requests(job, self.user), *(["undo"] if may_undo(job, self.user) else [])]

    def _importable(self) -> ImportJob:
        """The job, for who may send such a file. Raises the problem 403."""
        job: ImportJob = self.unchanged()
        self.refuse_unless(may_import(job.target, job.organization_id, self.user))
        return job

    def queue(self, organization: Organization, target: str, values: dict[str, Any]) -> HttpResponseBase:
        """Keeps the file and the job, and nudges a worker once both are there. Raises the problems 403, 409, 413."""
        self.refuse_unless(may_import(target, organization.pk, self.user))
        file = values.pop("file")
        try:
            job = queue(organization, target, file, values, actor=self.user)
        except TooLarge as error:
            raise Problem("too_large", str(error)) from error
        except TooMany as error:
            raise Problem("conflict", str(error)) from error
        answer = self.answer_with(job.pk, 201)
        answer.status_code = 202
        return answer
