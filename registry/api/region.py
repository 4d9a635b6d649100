from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.serializers import Shown
from registry.api.views import Resource
from registry.filters import CodeFilter, Filters, RegionFilter, TextFilter
from registry.models import Region
from registry.models.region import region_text, split_region


class RegionShown(Shown[Region]):
    """An administrative division. `id` is its code; `scheme:code` outside GB/T 2260."""

    id = serializers.SerializerMethodField()
    successors = serializers.SerializerMethodField(help_text="What a retired code became part of.")

    class Meta:
        model = Region
        fields = ("id", "scheme", "code", "name", "prefix", "retired", "successors")

    def get_id(self, region: Region) -> str:
        return region_text(region.scheme, region.code)

    def get_successors(self, region: Region) -> list[str]:
        return [region_text(one.scheme, one.code) for one in region.successors.all()]


class RegionFilters(Filters):
    scheme = CodeFilter(help_text="gbt2260, or another scheme.")
    within = RegionFilter("pk")
    q = TextFilter("name")
    retired = filters.BooleanFilter()

    class Meta:
        model = Region
        fields: tuple[str, ...] = ()


class RegionResource(Resource):
    """GB/T 2260, its retired codes, and other countries' regions."""

    model = Region
    noun, nouns = "region", "regions"
    orderings = ("id", "code", "name")
    serializer_class = RegionShown
    filterset_class = RegionFilters
    lookup_field = "code"
    lookup_value_converter = "str"

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.prefetch_related("successors").defer("boundary")

    def address(self) -> dict[str, Any]:
        scheme, code = split_region(self.kwargs["code"])
        return {"scheme": scheme, "code": code}
