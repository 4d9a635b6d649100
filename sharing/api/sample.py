from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry.api.downloads import SHEETS, described
from registry.api.fields import OrganizationField
from registry.api.renderers import FileRenderer
from registry.api.serializers import Shown
from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.filters import ChoicesFilter, CodeFilter, Filters
from registry.kinds import Kind
from registry.models import Sector
from sharing.api.asked import Asked, scope_of
from sharing.api.verbs import SharingResource
from sharing.models import Frame, Sample
from sharing.monitoring import files, samples


class CriteriaShown(serializers.Serializer[Any]):
    """The span, and what narrowed it."""

    start = serializers.CharField()
    end = serializers.CharField()
    region = serializers.CharField(allow_null=True, default=None)
    kind = serializers.ChoiceField(choices=Kind.choices, allow_null=True, default=None)
    sector = serializers.ChoiceField(choices=Sector.choices, allow_null=True, default=None)


class SampleShown(Shown[Sample]):
    """Rows drawn by lot for an assessment by a third party: those whose SHA-256 of “seed:id” comes first."""

    organization = OrganizationField(read_only=True)
    drawn_by = serializers.CharField(source="drawn_by.username", read_only=True)
    frame = serializers.ChoiceField(choices=Frame.choices, read_only=True)
    criteria = CriteriaShown(read_only=True)

    class Meta:
        model = Sample
        fields: tuple[str, ...] = (
            "id", "organization", "drawn_by", "drawn_at", "frame", "criteria", "seed", "size", "frame_size",
        )  # fmt: skip
        read_only_fields = fields


class SampledRow(serializers.Serializer[Any]):
    """A row drawn. values: by codes; null where it has left the frame since."""

    number = serializers.IntegerField(help_text="In the order of the lot.")
    id = serializers.IntegerField()
    values = serializers.DictField(child=serializers.JSONField(), allow_null=True)


class SampleRead(SampleShown):
    """A sample with its rows. `is_same`: whether its seed draws the same ones today."""

    is_same = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()

    class Meta(SampleShown.Meta):
        fields = (*SampleShown.Meta.fields, "is_same", "members")
        read_only_fields = fields

    def get_is_same(self, sample: Sample) -> bool:
        return samples.is_same(sample, samples.scope_of(sample, self.context["view"].user))

    @extend_schema_field(SampledRow(many=True))
    def get_members(self, sample: Sample) -> list[dict[str, Any]]:
        rows = samples.members(sample, samples.scope_of(sample, self.context["view"].user))
        return [
            {
                "number": number,
                "id": pk,
                "values": {one.code: one.value(row) for one in samples.FIELDS[sample.frame]} if row else None,
            }
            for number, (pk, row) in enumerate(rows, 1)
        ]


class SampleBody(Asked):
    organization = OrganizationField(help_text="The regulator's code.")
    frame = serializers.ChoiceField(choices=Frame.choices, help_text="What it is drawn from.")
    size = serializers.IntegerField(min_value=1, max_value=samples.MOST, help_text="Rows; all where there are fewer.")
    seed = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=64,
        help_text="Who knows it can draw the same rows again; by chance when left out.",
    )  # fmt: skip


class SampleFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The regulator's code.")
    frame = ChoicesFilter(choices=Frame.choices)
    seed = CodeFilter(help_text="Whole.")

    class Meta:
        model = Sample
        fields: tuple[str, ...] = ()


class SampleResource(SharingResource):
    """Samples that your regulator has drawn."""

    model = Sample
    noun, nouns = "sample", "samples"
    orderings = ("-id",)
    serializer_class = SampleRead
    filterset_class = SampleFilters
    files: ClassVar = {"file": FileRenderer.of(*SHEETS)}

    def get_serializer_class(self) -> Any:
        return SampleShown if self.action == "list" else SampleRead

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = queryset.select_related("organization", "drawn_by")
        return rows.defer("members") if self.action == "list" else rows

    @extend_schema(request=SampleBody, responses={201: SampleRead})
    def create(self, request: Request) -> HttpResponseBase:
        """Draw a sample

        From what is in a span of months, narrowed by region, kind and sector as figures are. For editors of the
        regulator.
        """
        values = self.given(SampleBody)
        drawn = samples.draw(
            values["organization"],
            scope_of(values, self.user),
            of=values["frame"],
            size=values["size"],
            seed=values["seed"],
            actor=self.user,
        )
        return self.answer_with(drawn.pk, 201)

    @extend_schema(responses=described((format.media_type for format in SHEETS), "The rows."))
    @action(detail=True, methods=["get"])
    def file(self, request: Request, id: int) -> HttpResponseBase:
        """Download the rows of a sample

        As CSV or XLSX.
        """
        self.check_parameters("format")
        found, form = self.get_object(), self.request.accepted_renderer.format
        name, rows = f"sample-{found.pk}", samples.members(found, samples.scope_of(found, self.user))
        return attached(FORMATS[form], [files.of_members(name, samples.FIELDS[found.frame], rows)], name)
