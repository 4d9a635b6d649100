from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry import asset_writing
from registry.api import asset_bulk, asset_rows
from registry.api.asset_bodies import MOST_AT_ONCE, AssetBody, AssetChange, AssetTermsBody, LevelsBody
from registry.api.asset_bulk import REPORTED
from registry.api.asset_details import DetailsField
from registry.api.asset_filters import AssetFilters
from registry.api.fields import GeometryField, OrganizationField, RegionField
from registry.api.problems import Problem
from registry.api.serializers import ActionsField, Shown
from registry.api.views import Resource, Rows
from registry.asset_filters import may_leave_few
from registry.cells import lock_cells
from registry.exports.asset_text import csv_lines, geojson_pieces
from registry.exports.assets import FIELDS, suited_tables
from registry.exports.formats import Format
from registry.exports.table import Table
from registry.models import Asset, User


class AssetShown(Shown[Asset]):
    """An asset. `place` is exact where `place_is_exact`, else the grid cell that stands for it; `length_m`,
    `planned_facility`, `protection_reason` and `protection_review_on` are told with the exact place only."""

    owner = OrganizationField(read_only=True)
    region = RegionField(read_only=True)
    place = GeometryField(read_only=True)
    place_is_exact = serializers.BooleanField(read_only=True)
    length_m = serializers.FloatField(read_only=True, allow_null=True)
    details = DetailsField(read_only=True)
    actions = ActionsField()

    class Meta:
        model = Asset
        fields = FIELDS


class BulkAnswer(serializers.Serializer[Any]):
    """The new assets' ids, in the order of the array."""

    created = serializers.ListField(child=serializers.IntegerField())


class SetAnswer(serializers.Serializer[Any]):
    """How many assets were set."""

    set = serializers.IntegerField()


class AssetResource(Resource):
    """Everything shareable, of all four kinds."""

    model = Asset
    noun, nouns = "asset", "assets"
    orderings = ("id", "-updated_at", "code")
    place = outlined = "place"
    serializer_class = AssetShown
    filterset_class = AssetFilters

    def joined(self, queryset: Any) -> models.QuerySet[Any]:
        """With the place that the caller may know, which all filters by place use."""
        user = self.request.user
        placed: models.QuerySet[Any] = queryset.with_place_for(user) if isinstance(user, User) else queryset
        return placed

    def may_leave_few(self, filters: Rows) -> bool:
        return may_leave_few(filters)

    def rows(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return asset_rows.rows_of(queryset, self.user, self.wanted_fields())

    def shown(self, page: Sequence[Any]) -> Rows:
        wanted = self.wanted_fields()
        return [asset_rows.shown(row, wanted, self._actions) for row in page]

    def known_fields(self, serializer: type[Any]) -> frozenset[str]:
        return frozenset(FIELDS)

    def export(self, queryset: models.QuerySet[Any], renderer: Any) -> HttpResponseBase:
        return self.streamed(self._copied(queryset, renderer), renderer)

    def page_lines(self, queryset: models.QuerySet[Any], page: Rows, renderer: Any) -> Iterable[bytes]:
        return self._copied(queryset.filter(pk__in=[row["id"] for row in page]), renderer)

    def _copied(self, queryset: models.QuerySet[Any], renderer: Any) -> Iterator[bytes]:
        write = csv_lines if renderer.format == "csv" else geojson_pieces
        return write(self.in_order(queryset), self.user, self._fields())

    @contextmanager
    def tables(self, queryset: models.QuerySet[Any], format: Format, crs: str) -> Iterator[Sequence[Table]]:
        yield suited_tables(self.in_order(queryset), self.user, format, self._fields(), crs)

    def _fields(self) -> list[str]:
        wanted = self.wanted_fields()
        return [name for name in FIELDS if wanted is None or name in wanted]

    @extend_schema(request=AssetBody)
    def create(self, request: Request) -> HttpResponseBase:
        """List an asset

        For editors of the owner; terms of sharing are for its managers.
        """
        asset = asset_writing.create(self.given(AssetBody), actor=self.user)
        return self.answer_with(asset.pk, 201)

    @extend_schema(request=AssetChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change an asset

        What is left out stays as it is. Region, terms and protection are for managers of the owner. Send the ETag that
        you read as If-Match, and nobody's change is lost.
        """
        asset = self.locked()
        values = self.given(AssetChange, instance=asset, partial=True)
        asset_writing.change(asset, values, actor=self.user)
        return self.answer_with(asset.pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Take an asset off the registry

        Possible while no line of the ledger and no match refers to it.
        """
        asset_writing.delete(self.locked(), actor=self.user)
        return Response(status=204)

    @extend_schema(request=AssetBody(many=True), responses={201: BulkAnswer})
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """List up to 5,000 assets at once

        All of them, or none and a report that points at every fault.
        """
        if not isinstance(request.data, list) or not 0 < len(request.data) <= MOST_AT_ONCE:
            raise Problem("bad_input", _("An array of 1 to %(most)d objects.") % {"most": MOST_AT_ONCE})
        values = self.given(AssetBody, many=True)
        made = asset_bulk.create_many(values, actor=self.user)
        return Response({"created": [asset.pk for asset in made]}, status=201)

    @extend_schema(request=AssetTermsBody, responses=SetAnswer)
    @action(detail=False, methods=["post"], url_path="terms")
    def set_terms(self, request: Request) -> Response:
        """Set the terms of many assets

        The same for each; all of them, or none where one is another's to set. For managers of their owners.
        """
        values = self.given(AssetTermsBody)
        return self._set(asset_writing.set_terms, values.pop("assets"), values=values)

    @extend_schema(request=LevelsBody, responses=SetAnswer)
    @action(detail=False, methods=["post"], url_path="confirm-levels")
    def confirm_levels(self, request: Request) -> Response:
        """Confirm levels of protection

        That they stand, until they are reviewed again; all of them, or none. For managers of their owners.
        """
        values = self.given(LevelsBody)
        return self._set(asset_writing.confirm_levels, values["assets"], until=values["until"])

    def locked(self) -> Any:
        lock_cells(self.get_queryset().filter(**self.address()).values_list("pk", flat=True), to_change=True)
        return super().locked()

    def _set(self, verb: Callable[..., int], ids: list[int], **values: Any) -> Response:
        """Raises the problem 404 where one is none that the caller may know of."""
        seen = set(Asset.objects.visible_to(self.user).filter(pk__in=ids).values_list("pk", flat=True))
        faults = [
            {"pointer": f"#/assets/{at}", "code": "not_seen", "detail": _("There is no such object.")}
            for at, pk in enumerate(ids)
            if pk not in seen
        ]
        if faults:
            raise Problem("not_seen", errors=faults[:REPORTED])
        return Response({"set": verb(ids, **values, actor=self.user)})

    def _actions(self, row: Mapping[str, Any]) -> list[str]:
        return ["change", "delete"] if asset_writing.may_change(row["owner_id"], self.user) else []
