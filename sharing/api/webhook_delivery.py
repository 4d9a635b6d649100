from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registry.api.serializers import ActionsField, Shown
from registry.filters import ChoicesFilter, Filters
from registry.models import Scope, User
from sharing.api.verbs import SharingResource
from sharing.models import DeliveryStatus, EventType, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from sharing.notifications.webhooks.payload import TEST, type_of
from sharing.workflow import webhooks


class AttemptShown(Shown[WebhookAttempt]):
    """One call: `status_code` is null where there was no answer, `answer` how its body begins."""

    class Meta:
        model = WebhookAttempt
        fields = ("started_at", "duration_ms", "status_code", "answer", "error")
        read_only_fields = fields


class DeliveryShown(Shown[WebhookDelivery]):
    """An event on its way to an endpoint, with every call made for it. `event` is null for a test."""

    webhook_id = serializers.CharField(read_only=True, help_text="The same through all attempts and replays.")
    type = serializers.SerializerMethodField(help_text="As in the CloudEvent.")
    log = AttemptShown(many=True, read_only=True)
    actions = ActionsField()

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "endpoint", "event", "webhook_id", "type", "status", "attempts", "created_at", "next_attempt_at",
            "sent_at", "last_error", "log", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_type(self, delivery: WebhookDelivery) -> str:
        return type_of(delivery.event.type if delivery.event else TEST)


def actions_on(delivery: WebhookDelivery, user: User) -> list[str]:
    """Needs the delivery's endpoint."""
    open_to = webhooks.may_manage(delivery.endpoint, user) and delivery.endpoint.disabled_at is None
    return ["replay"] if open_to else []


class DeliveryFilters(Filters):
    endpoint = filters.NumberFilter(help_text="The endpoint's id.")
    event = filters.NumberFilter(help_text="The event's id.")
    status = ChoicesFilter(choices=DeliveryStatus.choices)
    type = ChoicesFilter(field_name="event__type", choices=EventType.choices)
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", help_text="ISO 8601 moment.")

    class Meta:
        model = WebhookDelivery
        fields: tuple[str, ...] = ()


class DeliveryResource(SharingResource):
    """The log of what was sent to the webhook endpoints that you manage."""

    model = WebhookDelivery
    noun, nouns = "webhook delivery", "webhook deliveries"
    orderings = ("-id",)
    serializer_class = DeliveryShown
    filterset_class = DeliveryFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("event", "endpoint").prefetch_related("log")

    def actions_on(self, subject: Any) -> list[str]:
        return actions_on(subject, self.user)

    def lock(self, found: Any) -> None:
        list(WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=found.endpoint_id).values_list("pk"))

    @extend_schema(request=None, responses={202: DeliveryShown})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: int) -> HttpResponseBase:
        """Replay a webhook delivery

        At once, whether it arrived, failed, or waits for its next attempt; under its id, by which a receiver knows
        the double.
        """
        return self.done(webhooks.replay(self.unchanged(), actor=self.user).pk, 202)
