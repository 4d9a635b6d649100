from typing import ClassVar

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from registry.api.fields import OrganizationField
from registry.api.import_job import ImportBody, JobResource, JobShown
from registry.models import ImportTarget
from sharing.exports.demand_template import csv_template, xlsx_template


class DemandImportBody(ImportBody):
    party = OrganizationField(help_text="The party's code.")
    title = serializers.CharField(max_length=200, help_text="Of the draft that the lines go into; made where missing.")
    submit = serializers.BooleanField(required=False, default=False, help_text="Hand the list in afterwards.")


class ImportJobResource(JobResource):
    """Imports of your organizations: what became of each file."""

    templates: ClassVar = {**JobResource.templates, "demands": {"csv": csv_template, "xlsx": xlsx_template}}

    @extend_schema(request=DemandImportBody, responses={202: JobShown})
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser])
    def demands(self, request: Request) -> HttpResponseBase:
        """Import a file of demands

        Answered at once with the job that carries it out. For editors of the party.
        """
        values = self.given(DemandImportBody)
        party = values.pop("party")
        return self.queue(party, ImportTarget.DEMANDS, values)
