from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.downloads import SHEETS, described
from registry.api.fields import OrganizationField, RegionField
from registry.api.problems import bad_parameter
from registry.api.renderers import FileRenderer, JSONRenderer
from registry.api.serializers import Body, Shown
from registry.exports.files import attached
from registry.exports.formats import FORMATS
from registry.filters import CodeFilter, Filters, RegionFilter
from registry.kinds import Kind
from registry.models import Protection, Scope
from registry.models.region import region_text
from sharing.api.verbs import SharingResource
from sharing.models import Inventory
from sharing.monitoring import files, inventory

MOST = 10_000
"""Classes of one answer."""


class ClassFiled(serializers.Serializer[Any]):
    """A class: a level of protection and a kind."""

    level = serializers.ChoiceField(choices=Protection.choices)
    kind = serializers.ChoiceField(choices=Kind.choices)
    assets = serializers.IntegerField()


class InventoryShown(Shown[Inventory]):
    """How many protected assets of which class an owner had on the day when it filed them. `taken_by`: null where the
    timetable took the first."""

    organization = OrganizationField(read_only=True)
    taken_by = serializers.CharField(source="taken_by.username", read_only=True, allow_null=True, default=None)
    classes = serializers.SerializerMethodField()

    class Meta:
        model = Inventory
        fields: tuple[str, ...] = ("id", "organization", "taken_at", "taken_by", "classes")
        read_only_fields = fields

    @extend_schema_field(ClassFiled(many=True))
    def get_classes(self, taken: Inventory) -> list[dict[str, Any]]:
        return [
            {"level": level, "kind": kind, "assets": count}
            for level, kinds in taken.counts.items()
            for kind, count in kinds.items()
        ]


class ClassChanged(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=Protection.choices)
    kind = serializers.ChoiceField(choices=Kind.choices)
    before = serializers.IntegerField()
    now = serializers.IntegerField()


class InventoryRead(InventoryShown):
    """An inventory, and the classes that have changed so much since that it has to be filed anew."""

    changes = serializers.SerializerMethodField()

    class Meta(InventoryShown.Meta):
        fields = (*InventoryShown.Meta.fields, "changes")
        read_only_fields = fields

    @extend_schema_field(ClassChanged(many=True))
    def get_changes(self, taken: Inventory) -> list[dict[str, Any]]:
        return inventory.changes_today(taken)


class TakeBody(Body):
    organization = OrganizationField(help_text="The owner's code.")


class CountedAsked(Body):
    owner = OrganizationField(required=False, help_text="The owner's code.")
    region = RegionField(required=False, help_text="The code of a region: it and all inside it.")
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    level = serializers.ChoiceField(choices=Protection.choices, required=False)


class CountedClass(serializers.Serializer[Any]):
    """Assets of one owner, region, kind and level; `overdue` of them were to be reviewed by today."""

    owner = serializers.CharField(source="owner__code")
    region = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    level = serializers.ChoiceField(choices=Protection.choices, source="protection")
    assets = serializers.IntegerField()
    overdue = serializers.IntegerField()
    next_review = serializers.DateField(allow_null=True)

    def get_region(self, row: dict[str, Any]) -> str:
        return region_text(row["region__scheme"], row["region__code"])


class Counted(serializers.Serializer[Any]):
    results = CountedClass(many=True)


class InventoryFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The owner's code.")
    region = RegionFilter("organization__region")

    class Meta:
        model = Inventory
        fields: tuple[str, ...] = ()


class InventoryResource(SharingResource):
    """Inventories of protected assets: those of your organizations, and of the owners at home in your region."""

    model = Inventory
    noun, nouns = "inventory", "inventories"
    orderings = ("-id",)
    serializer_class = InventoryRead
    filterset_class = InventoryFilters
    # It is filed on the owner's behalf.
    scope = Scope.DECIDE

    def get_serializer_class(self) -> Any:
        return InventoryShown if self.action == "list" else InventoryRead

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "taken_by")

    def get_renderers(self) -> list[Any]:
        if self.action != "today":
            return super().get_renderers()
        return [JSONRenderer(), *FileRenderer.of(*SHEETS)]

    @extend_schema(request=TakeBody, responses={201: InventoryRead})
    def create(self, request: Request) -> HttpResponseBase:
        """Take the inventory of an owner

        As it stands; growth is held against it from now on. For managers of the owner.
        """
        return self.answer_with(inventory.take(self.given(TakeBody)["organization"], actor=self.user).pk, 201)

    @extend_schema(
        responses={
            (200, "application/json"): Counted,
            **described((format.media_type for format in SHEETS), "The same."),
        },
        parameters=[CountedAsked],
    )
    @action(detail=False, methods=["get"])
    def today(self, request: Request) -> HttpResponseBase:
        """Count assets by level of protection

        As they are today, by owner, region, kind and level: your own, and those in the region that you regulate; also
        as CSV or XLSX.
        """
        drill = inventory.inventory(self.user, **self.asked(CountedAsked))
        renderer: Any = request.accepted_renderer
        if renderer.exports:
            return attached(FORMATS[renderer.format], [files.of_drill("inventory", drill)], "inventory")
        rows = list(drill.rows[: MOST + 1])
        if len(rows) > MOST:
            text = _("There are more than %(most)d rows: narrow them first.") % {"most": MOST}
            raise bad_parameter("region", text, "too_many")
        return Response(Counted({"results": rows}).data)
