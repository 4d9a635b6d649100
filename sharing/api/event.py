from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from registry.api.serializers import Shown
from registry.filters import ChoicesFilter, Filters
from sharing.api.verbs import SharingResource
from sharing.models import Event, EventType
from sharing.seen import events, names_author, told


class EventShown(Shown[Event]):
    """What happened, once and for all. `actor` and `organization` are null where the clock acted, and where you may
    not know who did; then `data` has what they wrote in no words either, only the code of a reason."""

    actor = serializers.SerializerMethodField()
    organization = serializers.SerializerMethodField()
    data: Any = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = (
            "id", "type", "occurred_at", "actor", "organization", "demand_list", "match", "consent", "agreement",
            "cobuild_group", "data",
        )  # fmt: skip
        read_only_fields = fields

    def get_actor(self, event: Any) -> str | None:
        return str(event.actor) if event.actor and names_author(event) else None

    def get_organization(self, event: Any) -> str | None:
        return event.organization.code if event.organization and names_author(event) else None

    def get_data(self, event: Event) -> dict[str, Any]:
        return told(event)


class EventFilters(Filters):
    type = ChoicesFilter(choices=EventType.choices)
    list = filters.NumberFilter(field_name="demand_list", help_text="The list's id.")
    match = filters.NumberFilter(help_text="The match's id.")
    agreement = filters.NumberFilter(help_text="The agreement's id.")
    cobuild_group = filters.NumberFilter(help_text="The co-build group's id.")
    after = filters.NumberFilter(field_name="id", lookup_expr="gt", help_text="Events after the one with this id.")
    since = filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte", help_text="ISO 8601 moment.")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()


class EventResource(SharingResource):
    """The history of what concerns you."""

    model = Event
    noun, nouns = "event", "events"
    orderings = ("id", "occurred_at")
    serializer_class = EventShown
    filterset_class = EventFilters

    def get_queryset(self) -> QuerySet[Any]:
        if not self.request.user.is_authenticated:
            return super().get_queryset()
        return events(self.user)
