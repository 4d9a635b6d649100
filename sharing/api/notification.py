from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import translation
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.serializers import ActionsField, Body, Shown
from registry.filters import ChoicesFilter, Filters
from sharing.api.verbs import SharingResource
from sharing.models import Channel, EventType, Notification
from sharing.notifications.inbox import inbox_of, mark_read, mark_unread
from sharing.notifications.messages import RELATED, Message, language_of, read
from sharing.seen import read_by


class NotificationShown(Shown[Notification]):
    """An event told to you, in words, which do not name an owner whom you may not know of yet. Of what is no longer
    for you to see they tell the type of the event alone."""

    type = serializers.ChoiceField(source="event.type", choices=EventType.choices, read_only=True)
    subject = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()
    actions = ActionsField()

    class Meta:
        model = Notification
        fields = ("id", "event", "type", "subject", "body", "created_at", "read_at", "actions")
        read_only_fields = fields

    def get_subject(self, notification: Any) -> str:
        return self._message(notification).subject

    def get_body(self, notification: Any) -> str:
        return self._message(notification).body

    def _message(self, notification: Any) -> Message:
        with translation.override(language_of(notification.recipient)):
            return read(notification)


class ReadBody(Body):
    """What is to be read of the inbox; all of it where nothing narrows it."""

    type = serializers.ChoiceField(choices=EventType.choices, required=False)
    list = serializers.IntegerField(required=False, help_text="The demand list that they are about.")


class MarkedRead(serializers.Serializer[Any]):
    """How many were unread before."""

    read = serializers.IntegerField()


class NotificationFilters(Filters):
    type = ChoicesFilter(field_name="event__type", choices=EventType.choices)
    list = filters.NumberFilter(
        field_name="event__demand_list", method="filter_list", help_text="The id of the list that they are about."
    )
    unread = filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()

    def filter_list(self, queryset: Any, name: str, value: int) -> Any:
        return queryset.filter(**{name: value}, opens=True)


class NotificationResource(SharingResource):
    """Your inbox."""

    model = Notification
    noun, nouns = "notification", "notifications"
    orderings = ("-id",)
    serializer_class = NotificationShown
    filterset_class = NotificationFilters

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.request.user.is_authenticated:
            return queryset
        own = queryset.filter(channel=Channel.INBOX, recipient=self.user).select_related(*RELATED)
        return read_by(own, self.user)

    def actions_on(self, subject: Any) -> list[str]:
        return ["unread"] if subject.read_at else ["read"]

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: int) -> HttpResponseBase:
        """Mark a notification as read

        Doing so again changes nothing.
        """
        found = self.unchanged()
        mark_read(Notification.objects.filter(pk=found.pk))
        return self.done(found.pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unread(self, request: Request, id: int) -> HttpResponseBase:
        """Mark a notification as unread

        Doing so again changes nothing.
        """
        found = self.unchanged()
        mark_unread(Notification.objects.filter(pk=found.pk))
        return self.done(found.pk)

    @extend_schema(request=ReadBody, responses=MarkedRead)
    @action(detail=False, methods=["post"], url_path="read", url_name="read-many")
    def read_many(self, request: Request) -> Response:
        """Mark many notifications as read

        All of your inbox, or those of a type or about a list.
        """
        wanted = self.given(ReadBody)
        columns = {"type": "event__type", "list": "event__demand_list"}
        rows = inbox_of(self.user).filter(**{columns[name]: value for name, value in wanted.items()})
        return Response({"read": mark_read(rows)})
