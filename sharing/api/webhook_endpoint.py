from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import OrganizationField
from registry.api.serializers import ActionsField, Body, Shown
from registry.filters import CodeFilter, Filters
from registry.models import Scope
from sharing.api.verbs import SharingResource
from sharing.api.webhook_delivery import DeliveryShown, actions_on
from sharing.models import DisabledReason, EventType, WebhookEndpoint
from sharing.workflow import webhooks

TYPES_HELP = "Types of events as in `events/`; empty for all. CloudEvents name them with `org.infrashare.` before."
ACTIONS = ("change", "delete", "rotate", "test", "replay")


class EndpointShown(Shown[WebhookEndpoint]):
    """An address that is told of an organization's events, without its secret."""

    organization = OrganizationField(read_only=True)
    types = serializers.ListField(child=serializers.ChoiceField(choices=EventType.choices), help_text=TYPES_HELP)
    enabled = serializers.SerializerMethodField()
    disabled_reason = serializers.ChoiceField(choices=DisabledReason.choices, allow_blank=True, read_only=True)
    actions = ActionsField()

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "organization", "name", "url", "types", "enabled", "disabled_at", "disabled_reason", "failing_since",
            "previous_secret_until", "created_at", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_enabled(self, endpoint: WebhookEndpoint) -> bool:
        return endpoint.disabled_at is None


class EndpointWithSecret(EndpointShown):
    """With the secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="`whsec_` and base64, as Standard Webhooks has it.")

    class Meta(EndpointShown.Meta):
        fields: Any = (*EndpointShown.Meta.fields, "secret")
        read_only_fields: Any = fields


class Choices(Body):
    name = serializers.CharField(max_length=120)
    url = serializers.CharField(
        max_length=500, help_text="https, of a public server, at port 443 or one from 1024 on."
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.choices), required=False, help_text=TYPES_HELP
    )


class EndpointBody(Choices):
    organization = OrganizationField(help_text="The organization's code.")


class EndpointChange(Choices):
    enabled = serializers.BooleanField(required=False, help_text="Disabling parks what waits.")


class RotateBody(Body):
    overlap_hours = serializers.IntegerField(
        required=False, default=24, min_value=0, max_value=168, help_text="How long the old secret signs too."
    )


class ReplayBody(Body):
    since = serializers.DateTimeField(help_text="Deliveries that were to be told from then on.")


class Replayed(serializers.Serializer[Any]):
    """How many deliveries are sent again."""

    replayed = serializers.IntegerField()


class EndpointFilters(Filters):
    organization = CodeFilter(field_name="organization__code", help_text="The organization's code.")
    enabled = filters.BooleanFilter(field_name="disabled_at", lookup_expr="isnull")

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = ()


class EndpointResource(SharingResource):
    """Where the events of the organizations that you manage are sent (docs/webhooks.md)."""

    model = WebhookEndpoint
    noun, nouns = "webhook endpoint", "webhook endpoints"
    orderings = ("-id",)
    serializer_class = EndpointShown
    filterset_class = EndpointFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization")

    def keeps_answer(self) -> bool:
        return self.action not in ("create", "rotate")

    def actions_on(self, subject: Any) -> list[str]:
        if not webhooks.may_manage(subject, self.user):
            return []
        return [name for name in ACTIONS if subject.disabled_at is None or name not in ("test", "replay")]

    @extend_schema(request=EndpointBody, responses={201: EndpointWithSecret})
    def create(self, request: Request) -> HttpResponseBase:
        """Create a webhook endpoint

        For managers of the organization. The secret is in this answer and nowhere else, so no Idempotency-Key is
        taken here.
        """
        endpoint, secret = webhooks.create(**self.given(EndpointBody), actor=self.user)
        return self._with_secret(endpoint, secret, 201)

    @extend_schema(request=EndpointChange)
    def partial_update(self, request: Request, id: int) -> HttpResponseBase:
        """Change a webhook endpoint

        Or disable it, or enable it again.
        """
        endpoint = self.locked()
        return self.done(webhooks.change(endpoint, **self.given(EndpointChange, partial=True), actor=self.user).pk)

    def destroy(self, request: Request, id: int) -> HttpResponseBase:
        """Delete a webhook endpoint

        With the log of its deliveries, and what waits.
        """
        webhooks.delete(self.locked(), actor=self.user)
        return Response(status=204)

    @extend_schema(request=RotateBody, responses={200: EndpointWithSecret})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: int) -> HttpResponseBase:
        """Rotate the secret of a webhook endpoint

        The new secret is in this answer and nowhere else. Both secrets sign until the overlap is over.
        """
        hours = self.given(RotateBody)["overlap_hours"]
        return self._with_secret(
            *webhooks.rotate(self.unchanged(), overlap=timedelta(hours=hours), actor=self.user), 200
        )

    @extend_schema(request=None, responses={202: DeliveryShown})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: int) -> HttpResponseBase:
        """Send a test to a webhook endpoint

        An event `org.infrashare.webhook.test`; what came of it is in the delivery that this answers with.
        """
        delivery = webhooks.test(self.unchanged(), actor=self.user)
        context: dict[str, Any] = {"fields": None, "actions": lambda delivery: actions_on(delivery, self.user)}
        return Response(DeliveryShown(delivery, context=context).data, status=202)

    @extend_schema(request=ReplayBody, responses={202: Replayed})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: int) -> HttpResponseBase:
        """Replay what failed at a webhook endpoint

        All deliveries since a moment whose last attempt failed, at once and under their ids.
        """
        since = self.given(ReplayBody)["since"]
        return Response({"replayed": webhooks.replay_failed(self.unchanged(), since=since, actor=self.user)}, 202)

    def _with_secret(self, endpoint: WebhookEndpoint, secret: str, status: int) -> HttpResponseBase:
        shown = {**self.shown([endpoint])[0], "secret": secret}
        headers = {"Cache-Control": "no-store"}
        if status == 201:
            headers["Location"] = self.address_of(endpoint)
        return Response(shown, status=status, headers=headers)
