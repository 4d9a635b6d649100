from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry.api.fields import GeometryField, OrganizationField, RegionField, geometry_schema
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Rows
from registry.filters import ChoicesFilter, Filters, RegionFilter
from registry.kinds import Kind
from registry.models import PlannedFacility, Scope
from sharing.api.demand import place_of
from sharing.api.verbs import SharingResource
from sharing.models import CloseReason, CobuildGroup, CobuildMember, CobuildStatus, Demand
from sharing.shown.cobuild import costs_of
from sharing.workflow import cobuild_groups


class DemandInGroup(serializers.ModelSerializer[Demand]):
    place = serializers.SerializerMethodField()

    class Meta:
        model = Demand
        fields = ("id", "name", "quantity", "place")

    @extend_schema_field(geometry_schema("GEOMETRY"))
    def get_place(self, demand: Demand) -> Any:
        return place_of(demand)


class MemberShown(serializers.ModelSerializer[CobuildMember]):
    party = OrganizationField(read_only=True)
    share_per_year = serializers.SerializerMethodField()
    alone_per_year = serializers.SerializerMethodField()
    demands = serializers.SerializerMethodField()

    class Meta:
        model = CobuildMember
        fields = ("party", "answer", "answered_at", "share_per_year", "alone_per_year", "demands")

    def get_share_per_year(self, member: CobuildMember) -> float | None:
        share, _alone = costs_of(member, self.context["view"].user)
        return None if share is None else float(share)

    def get_alone_per_year(self, member: CobuildMember) -> float | None:
        _share, alone = costs_of(member, self.context["view"].user)
        return None if alone is None else float(alone)

    @extend_schema_field(DemandInGroup(many=True))
    def get_demands(self, member: CobuildMember) -> Any:
        return DemandInGroup([one.demand for one in member.demands.all()], many=True).data


class FacilityAsked(serializers.ModelSerializer[PlannedFacility]):
    """The planned facility whose owner can be asked for space, until `request_by`."""

    owner = OrganizationField(read_only=True)

    class Meta:
        model = PlannedFacility
        fields = ("id", "owner", "code", "name", "request_by", "opens_on", "cost_rule")


class GroupShown(Shown[CobuildGroup]):
    """Unmet demands that one new build, or a planned facility, would meet. Before all have joined its parties are told
    the rough area (`place_is_exact` false), how many they are, and their own share; who has joined is told to those
    who have joined too. `units`, `height_m`, `length_m`, `terrain` and costs of the whole and of others
    are null until then."""

    region = RegionField(read_only=True, allow_null=True)
    place = GeometryField(read_only=True)
    place_is_exact = serializers.BooleanField(source="is_told", read_only=True)
    planned_facility = FacilityAsked(read_only=True, allow_null=True)
    units = serializers.SerializerMethodField()
    height_m = serializers.SerializerMethodField()
    length_m = serializers.SerializerMethodField()
    terrain = serializers.SerializerMethodField(
        help_text="Metres dug by class of terrain, `ordinary` in no area of any; empty where none is known."
    )
    cost_per_year = serializers.SerializerMethodField()
    apart_per_year = serializers.SerializerMethodField()
    close_reason = serializers.ChoiceField(choices=CloseReason.choices, allow_blank=True, read_only=True)
    parties = serializers.SerializerMethodField()
    joined = serializers.SerializerMethodField()
    demands = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField(help_text="Those that you may know of.")
    actions = ActionsField()

    class Meta:
        model = CobuildGroup
        fields = (
            "id", "kind", "status", "region", "place", "place_is_exact", "planned_facility", "needed_by", "units",
            "height_m", "length_m", "terrain", "cost_per_year", "apart_per_year", "gap", "share_error", "parties",
            "joined", "demands", "members", "created_at", "agreed_at", "closed_at", "close_reason", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_units(self, group: Any) -> int | None:
        return group.units if group.is_told else None

    def get_height_m(self, group: Any) -> float | None:
        return group.height_m if group.is_told else None

    def get_length_m(self, group: Any) -> float | None:
        return group.length_m if group.is_told else None

    def get_terrain(self, group: Any) -> dict[str, float] | None:
        return group.terrain if group.is_told else None

    def get_cost_per_year(self, group: Any) -> float | None:
        return float(group.cost_per_year) if group.is_told and group.cost_per_year is not None else None

    def get_apart_per_year(self, group: Any) -> float | None:
        return float(group.apart_per_year) if group.is_told and group.apart_per_year is not None else None

    def get_parties(self, group: CobuildGroup) -> int:
        return len(group.members.all())

    def get_joined(self, group: CobuildGroup) -> int:
        return sum(member.answer == "joined" for member in group.members.all())

    def get_demands(self, group: CobuildGroup) -> int:
        return sum(len(member.demands.all()) for member in group.members.all())

    @extend_schema_field(MemberShown(many=True))
    def get_members(self, group: CobuildGroup) -> Any:
        seen = self.context["members"]
        members = [member for member in group.members.all() if member.pk in seen]
        return MemberShown(members, many=True, context=self.context).data


class PartyBody(Body):
    party = serializers.CharField(
        required=False, default="", max_length=40, allow_blank=True,
        help_text="The party's code; needed only where you act for several of the group.",
    )  # fmt: skip


class CloseBody(PartyBody):
    reason = serializers.ChoiceField(choices=[(one.value, one.label) for one in cobuild_groups.ENDED_BY_MEMBERS])


class GroupFilters(Filters):
    kind = ChoicesFilter(choices=Kind.choices)
    status = ChoicesFilter(choices=CobuildStatus.choices)
    region = RegionFilter()
    planned_facility = filters.NumberFilter(help_text="The planned facility's id.")

    class Meta:
        model = CobuildGroup
        fields: tuple[str, ...] = ()


class GroupResource(SharingResource):
    """What could be built together."""

    model = CobuildGroup
    noun, nouns = "co-build group", "co-build groups"
    orderings = ("-id", "needed_by")
    place = "place"
    serializer_class = GroupShown
    filterset_class = GroupFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.request.user.is_authenticated:
            queryset = queryset.with_place_for(self.user)  # type: ignore[attr-defined]
        rows = queryset.select_related("region", "planned_facility__owner")
        return rows.prefetch_related("members__party", "members__demands__demand")

    def shown(self, page: Sequence[Any]) -> Rows:
        seen = CobuildMember.objects.visible_to(self.user).filter(group__in=[group.pk for group in page])
        context = self.get_serializer_context() | {"members": frozenset(seen.values_list("pk", flat=True))}
        return list(GroupShown(page, many=True, context=context).data)

    @extend_schema(request=PartyBody)
    @action(detail=True, methods=["post"])
    def join(self, request: Request, id: int) -> HttpResponseBase:
        """Join a co-build group

        Commits your party to its share. Once all have joined, all are told of one another.
        """
        return self._do(cobuild_groups.join, PartyBody)

    @extend_schema(request=PartyBody)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: int) -> HttpResponseBase:
        """Take a joining back

        Possible while others have not joined yet.
        """
        return self._do(cobuild_groups.withdraw, PartyBody)

    @extend_schema(request=PartyBody)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, id: int) -> HttpResponseBase:
        """Decline a co-build group

        It closes; the demands of the others are grouped anew.
        """
        return self._do(cobuild_groups.decline, PartyBody)

    @extend_schema(request=CloseBody)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: int) -> HttpResponseBase:
        """Close an agreed co-build group

        As built, or given up.
        """
        return self._do(cobuild_groups.close, CloseBody)

    def _do(self, verb: Any, body: type[Body]) -> HttpResponseBase:
        values = self.given(body)
        return self.done(verb(self.unchanged(), **values, actor=self.user).pk)
