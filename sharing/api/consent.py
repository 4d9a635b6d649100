from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.fields import OrganizationField
from registry.api.serializers import ActionsField, Body, Shown
from registry.api.views import Rows
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter, SinceFilter, TextFilter
from registry.kinds import Kind
from registry.models import Scope
from sharing.api.decisions import FINGERPRINT, MOST_AT_ONCE, Decisions, decided
from sharing.api.demand import PARTY_HOME
from sharing.api.verbs import SharingResource
from sharing.errors import BadInput
from sharing.models import Consent, ConsentStatus, RefusalReason
from sharing.seen import consents_naming_owner
from sharing.workflow import consents
from sharing.workflow.bulk import BulkResult
from sharing.workflow.fingerprint import asked_fingerprints
from sharing.workflow.locks import lock_match
from sharing.workflow.rules import MATCH_FACTS


class ConsentShown(Shown[Consent]):
    """An owner's answer to the legs of a match on its assets. `fingerprint`, only where an answer is open, is of what
    is asked: an answer that sends it back is refused where something has changed meanwhile."""

    owner = OrganizationField(read_only=True)
    party = OrganizationField(source="match.demand.list.party", read_only=True)
    reason = serializers.ChoiceField(choices=RefusalReason.choices, allow_blank=True, read_only=True)
    fingerprint = serializers.SerializerMethodField()
    actions = ActionsField()

    class Meta:
        model = Consent
        fields = (
            "id", "match", "party", "owner", "status", "conditions", "reason", "reason_text", "deadline", "asked_at",
            "answered_at", "fingerprint", "actions",
        )  # fmt: skip
        read_only_fields = fields

    def get_fingerprint(self, consent: Consent) -> str | None:
        open_to_caller = "grant" in self.context["actions"](consent)
        return self.context["fingerprints"][consent.pk] if open_to_caller else None


class AnswerBody(Body):
    fingerprint = serializers.RegexField(FINGERPRINT, required=False, help_text="Of the consent as you read it.")


class ShownConsent(Body):
    id = serializers.IntegerField()
    fingerprint = serializers.RegexField(FINGERPRINT, help_text="Of the consent as you read it.")


class GrantBody(AnswerBody):
    conditions = serializers.CharField(required=False, default="", max_length=4000, allow_blank=True)


class RefuseBody(AnswerBody):
    """`other` needs words."""

    reason = serializers.ChoiceField(choices=RefusalReason.choices)
    reason_text = serializers.CharField(required=False, default="", max_length=2000, allow_blank=True)


class GrantManyBody(Body):
    """The same conditions for each."""

    consents = serializers.ListField(child=ShownConsent(), allow_empty=False, max_length=MOST_AT_ONCE)
    conditions = serializers.CharField(required=False, default="", max_length=4000, allow_blank=True)


class RefuseManyBody(Body):
    """The same reason for each; `other` needs words."""

    consents = serializers.ListField(child=ShownConsent(), allow_empty=False, max_length=MOST_AT_ONCE)
    reason = serializers.ChoiceField(choices=RefusalReason.choices)
    reason_text = serializers.CharField(required=False, default="", max_length=2000, allow_blank=True)


class ConsentFilters(Filters):
    status = ChoicesFilter(choices=ConsentStatus.choices)
    match = filters.NumberFilter(help_text="The match's id.")
    owner = CodeFilter(field_name="owner__code", help_text="The owner's code.")
    party = CodeFilter(field_name="match__demand__list__party__code", help_text="The party's code.")
    kind = ChoicesFilter(field_name="match__demand__kind", choices=Kind.choices)
    region = RegionFilter("match__demand__list__party__region", of=PARTY_HOME)
    q = TextFilter("match__demand__name")
    since = SinceFilter("asked_at", "answered_at", what="asked or answered")
    due_before = filters.IsoDateTimeFilter(field_name="deadline", lookup_expr="lt", help_text="ISO 8601 moment.")

    class Meta:
        model = Consent
        fields: tuple[str, ...] = ()


class ConsentResource(SharingResource):
    """What owners are asked, and what they answered; where you may know the owner."""

    model = Consent
    noun, nouns = "consent", "consents"
    orderings = ("deadline", "id")
    serializer_class = ConsentShown
    filterset_class = ConsentFilters
    scope = Scope.DECIDE

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        named: Any = consents_naming_owner(self.user) if self.request.user.is_authenticated else queryset
        rows = queryset.filter(pk__in=named.order_by().values("pk"))
        return rows.select_related("owner", "match__demand__list__party")

    def shown(self, page: Sequence[Any]) -> Rows:
        """Fingerprints are taken before what is shown is read: a change meanwhile outdates them."""
        context = self.get_serializer_context() | {"fingerprints": asked_fingerprints(page)}
        prefetch_related_objects([consent.match for consent in page], *MATCH_FACTS)
        return list(ConsentShown(page, many=True, context=context).data)

    def lock(self, found: Any) -> None:
        lock_match(found.match_id)

    @extend_schema(request=GrantBody)
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, id: int) -> HttpResponseBase:
        """Grant a consent

        Perhaps under conditions. The exact places of the owner's legs are disclosed to the party.
        """
        values = self.given(GrantBody)
        return self.done(consents.grant(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=RefuseBody)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, id: int) -> HttpResponseBase:
        """Refuse a consent

        For a coded reason; the whole match is refused, and the next best proposal is offered.
        """
        values = self.given(RefuseBody)
        return self.done(consents.refuse(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=GrantManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="grant", url_name="grant-many")
    def grant_many(self, request: Request) -> Response:
        """Grant many consents

        Each exactly as it was shown; each stands or falls alone.
        """
        values = self.given(GrantManyBody)
        return _answered(consents.grant_many(_as_shown(values), **values, actor=self.user))

    @extend_schema(request=RefuseManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="refuse", url_name="refuse-many")
    def refuse_many(self, request: Request) -> Response:
        """Refuse many consents

        For the same reason; each stands or falls alone.
        """
        values = self.given(RefuseManyBody)
        return _answered(consents.refuse_many(_as_shown(values), **values, actor=self.user))


def _as_shown(values: dict[str, Any]) -> dict[int, str]:
    """By id the fingerprints, taken out of the body."""
    return {one["id"]: one["fingerprint"] for one in values.pop("consents")}


def _answered(result: BulkResult[Consent]) -> Response:
    """Raises BadInput where what was given is wrong for each of them, so that none was answered."""
    for refusal in result.failed.values():
        if isinstance(refusal, BadInput):
            raise refusal
    return decided(result)
