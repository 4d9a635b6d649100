import json
from typing import Any

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from registry.api.fields import OrganizationField
from registry.api.problems import Problem
from registry.api.serializers import Body, Shown
from registry.api.views import Resource
from registry.filters import ChoicesFilter, CodeFilter, Filters
from registry.importing.queueing import TooLarge, queue
from registry.importing.requests import IMPORT_ASSETS, land
from registry.importing.undo import undo
from registry.kinds import Kind
from registry.models import ImportJob, ImportTarget, JobStatus, Organization, Role


class JobShown(Shown[ImportJob]):
    """A file on its way in. `report` counts rows, created, updated, unchanged and rejected, once it is done."""

    organization = OrganizationField(read_only=True)
    has_rejects = serializers.SerializerMethodField(help_text="Whether there is a rejects file to download.")
    report = serializers.DictField(read_only=True)
    rejected = serializers.ListField(child=serializers.DictField(), read_only=True, help_text="The first hundred.")
    options = serializers.DictField(read_only=True)

    class Meta:
        model = ImportJob
        fields = (
            "id", "target", "organization", "filename", "options", "status", "progress", "stage", "report", "rejected",
            "has_rejects", "demand_list_id", "error", "created_at", "started_at", "finished_at", "landed_at",
            "undone_at",
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


class ImportBody(Body):
    """A file and how it is to be read; each as the options of the import commands (docs/formats.md)."""

    file = serializers.FileField(help_text="CSV, XLSX, XLS, GeoJSON, GeoPackage, KML, zipped Shapefile or OSM XML.")
    layer = serializers.CharField(required=False, help_text="Sheet of a workbook, or layer of a map file.")
    crs = serializers.CharField(required=False, max_length=40, help_text="EPSG:n, gcj02 or bd09.")
    encoding = serializers.CharField(required=False, max_length=40)
    mapping = PairsField(required=False, help_text="Heading of the file → field of the registry.")
    constants = PairsField(required=False, help_text="Field → value where the file has none.")
    dry_run = serializers.BooleanField(required=False, default=False, help_text="Check everything, write nothing.")


class AssetImportBody(ImportBody):
    owner = OrganizationField(help_text="The owner's code.")
    kind = serializers.ChoiceField(choices=Kind.choices)


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

    def joined(self, queryset: Any) -> Any:
        return queryset.select_related("organization")

    @extend_schema(
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="The rejected rows.")},
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
        self.refuse_unless(owner.pk in self.user.organizations_as(Role.MANAGER))
        return self.queue(owner, ImportTarget.ASSETS, values, IMPORT_ASSETS)

    @extend_schema(request=None, responses={202: JobShown})
    @action(detail=True, methods=["post"])
    def land(self, request: Request, id: int) -> HttpResponseBase:
        """Carry out an import that was tried

        Of a file that was sent with `dry_run`: it lands as the trial has shown. For managers of the owner.
        """
        job = self._managed()
        land(job.pk, actor=self.user)
        return self.answer_with(job.pk, 202)

    @extend_schema(request=None, responses={200: JobShown})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: int) -> HttpResponseBase:
        """Undo an import of assets

        What it created goes, as long as nothing uses any of it; what it changed stays changed. For managers of the
        owner.
        """
        job = self._managed()
        undo(job.pk, actor=self.user)
        return self.answer_with(job.pk)

    def _managed(self) -> ImportJob:
        job: ImportJob = self.get_object()
        self.refuse_unless(job.organization_id in self.user.organizations_as(Role.MANAGER))
        return job

    def queue(self, organization: Organization, target: str, values: dict[str, Any], task: str) -> HttpResponseBase:
        """Keeps the file and the job, and nudges a worker once both are there."""
        file = values.pop("file")
        try:
            job = queue(organization, target, file, values, actor=self.user, task=task)
        except TooLarge as error:
            raise Problem("too_large", str(error)) from error
        answer = self.answer_with(job.pk, 201)
        answer.status_code = 202
        return answer
