from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import F, OuterRef, QuerySet, Subquery, prefetch_related_objects
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry import printing
from registry.api.downloads import described
from registry.api.renderers import PDF
from registry.api.serializers import Body
from registry.api.views import Rows
from registry.filters import ChoicesFilter, CodeFilter, Filters, RegionFilter, SinceFilter, TextFilter
from registry.kinds import Kind
from registry.models import Scope, User
from sharing import waiting_for
from sharing.api.decisions import FINGERPRINT, MOST_AT_ONCE, Decisions, decided
from sharing.api.demand import PARTY_HOME
from sharing.api.match_shown import MatchShown
from sharing.api.verbs import SharingResource
from sharing.models import Match, MatchStatus, RejectionReason
from sharing.seen import Seen, legs_naming_owner
from sharing.shown import letter
from sharing.workflow import approvals, assignments, matches
from sharing.workflow.fingerprint import fingerprints_of
from sharing.workflow.locks import lock_match
from sharing.workflow.rules import MATCH_FACTS


class ApproveBody(Body):
    fingerprint = serializers.RegexField(FINGERPRINT, help_text="Of the match as you read it.")


class RejectBody(Body):
    """`other` needs words."""

    reason = serializers.ChoiceField(choices=RejectionReason.choices)
    reason_text = serializers.CharField(required=False, default="", max_length=2000, allow_blank=True)


class ShownMatch(ApproveBody):
    id = serializers.IntegerField()


class ApproveManyBody(Body):
    matches = serializers.ListField(child=ShownMatch(), allow_empty=False, max_length=MOST_AT_ONCE)


class RequestManyBody(Body):
    """In the order in which they may take the units."""

    matches = serializers.ListField(
        child=serializers.IntegerField(), allow_empty=False, max_length=matches.MOST_AT_ONCE
    )


class RejectManyBody(RejectBody):
    matches = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=MOST_AT_ONCE)


class ColleagueField(serializers.SlugRelatedField[User]):
    """One of those who decide for the caller's regulators, by user name."""

    default_error_messages = {"does_not_exist": _("Nobody who decides for a regulator of yours has this user name.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="username", queryset=User.objects.none(), **kwargs)

    def get_queryset(self) -> Any:
        return waiting_for.colleagues(self.context["view"].user)

    def to_internal_value(self, data: Any) -> User:
        if not isinstance(data, str) or not data.isprintable():
            self.fail("does_not_exist")
        return super().to_internal_value(data)


class AssignBody(Body):
    to = ColleagueField(allow_null=True, help_text="The user name of a colleague; null for nobody in particular.")


class AssignManyBody(AssignBody):
    matches = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=MOST_AT_ONCE)


class LoadShown(serializers.Serializer[Any]):
    """What one person has to decide; `person` is null for what is given to nobody yet."""

    person = serializers.CharField(source="person.username", allow_null=True, default=None)
    count = serializers.IntegerField()
    overdue = serializers.IntegerField()
    next_deadline = serializers.DateTimeField(allow_null=True)


class Workload(serializers.Serializer[Any]):
    results = LoadShown(many=True)


class LetterAsked(Body):
    language = serializers.ChoiceField(
        choices=settings.LANGUAGES, required=False, help_text="Of the letter; that of the call when left out."
    )


class MatchFilters(Filters):
    status = ChoicesFilter(choices=MatchStatus.choices)
    demand = filters.NumberFilter(help_text="The demand's id.")
    list = filters.NumberFilter(field_name="demand__list", help_text="The list's id.")
    run = filters.NumberFilter(help_text="The run's id.")
    rank = filters.NumberFilter(help_text="1 for the run's answers alone.")
    party = CodeFilter(field_name="demand__list__party__code", help_text="The party's code.")
    kind = ChoicesFilter(field_name="demand__kind", choices=Kind.choices)
    owner = CodeFilter(method="filter_owner", help_text="The code of an owner of it, as far as you may know.")
    region = RegionFilter("demand__list__party__region", of=PARTY_HOME)
    since = SinceFilter("status_at", what="in its status from")
    q = TextFilter("demand__name")
    waiting = filters.ChoiceFilter(
        method="filter_waiting",
        choices=[(name, name) for name in waiting_for.MATCHES],
        help_text="What waits for you to do so; under_way: what you asked and others have to answer.",
    )
    assigned_to = CodeFilter(field_name="given_name", help_text="The user name of a colleague of yours.")
    unassigned = filters.BooleanFilter(
        field_name="given_name", lookup_expr="isnull", help_text="Whether it is the work of nobody in particular."
    )

    class Meta:
        model = Match
        fields: tuple[str, ...] = ()

    def filter_owner(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(pk__in=legs_naming_owner(self.user, value).values("match"))

    def filter_waiting(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(pk__in=waiting_for.MATCHES[value](self.user).order_by().values("pk"))


class MatchResource(SharingResource):
    """What the engine proposes, and what became of it."""

    model = Match
    noun, nouns = "match", "matches"
    orderings = ("-id", "status_at", "rank")
    serializer_class = MatchShown
    filterset_class = MatchFilters
    scope = Scope.DECIDE
    files: ClassVar = {"letter": [PDF]}

    def joined(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset.select_related("demand__list__party", "agreement")
        if isinstance(self.request.user, User):
            seen = Match.objects.visible_to(self.user)
            answers = seen.filter(run=OuterRef("run"), demand=OuterRef("demand"), rank=1).values("cost_per_year")
            rows = rows.annotate(
                costs_more=F("cost_per_year") - Subquery(answers[:1]),
                given_name=waiting_for.assignee_of(self.user, "assignee__username"),
            )
        return rows

    def shown(self, page: Sequence[Any]) -> Rows:
        """Fingerprints are taken before what is shown is read: a change meanwhile outdates them."""
        fingerprints = fingerprints_of(page)
        prefetch_related_objects(page, *MATCH_FACTS, "approvals__regulator", "consents__owner")
        parts = {"seen": Seen.of(page, self.user), "fingerprints": fingerprints}
        return list(MatchShown(page, many=True, context=self.get_serializer_context() | parts).data)

    def actions_on(self, subject: Any) -> list[str]:
        actions = super().actions_on(subject)
        return [*actions, "assign"] if assignments.may_assign(subject, self.standing) else actions

    def lock(self, found: Any) -> None:
        lock_match(found.pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="request")
    def request_(self, request: Request, id: int) -> HttpResponseBase:
        """Request a match

        Its units are held at once, and every owner is asked. Where others were faster, the problem `units_gone` names
        the next best proposal.
        """
        return self.done(matches.request(self.unchanged(), actor=self.user).pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, id: int) -> HttpResponseBase:
        """Withdraw a request

        Before it is approved; the units are free again.
        """
        return self.done(matches.withdraw(self.unchanged(), actor=self.user).pk)

    @extend_schema(request=ApproveBody)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: int) -> HttpResponseBase:
        """Approve a match

        Exactly as it was shown. One with a core asset waits for the approval of a second person.
        """
        values = self.given(ApproveBody)
        return self.done(approvals.approve(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=RejectBody)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: int) -> HttpResponseBase:
        """Reject a match

        For a coded reason; its units are free again, and the next best proposal is offered.
        """
        values = self.given(RejectBody)
        return self.done(approvals.reject(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=RequestManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="request", url_name="request-many")
    def request_many(self, request: Request) -> Response:
        """Request many matches

        In this order; each stands or falls alone.
        """
        return decided(matches.request_many(self.given(RequestManyBody)["matches"], actor=self.user))

    @extend_schema(request=ApproveManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="approve", url_name="approve-many")
    def approve_many(self, request: Request) -> Response:
        """Approve many matches

        Each exactly as it was shown; each stands or falls alone.
        """
        shown = {one["id"]: one["fingerprint"] for one in self.given(ApproveManyBody)["matches"]}
        return decided(approvals.approve_many(shown, actor=self.user))

    @extend_schema(request=RejectManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="reject", url_name="reject-many")
    def reject_many(self, request: Request) -> Response:
        """Reject many matches

        For the same reason; each stands or falls alone.
        """
        values = self.given(RejectManyBody)
        return decided(approvals.reject_many(values.pop("matches"), **values, actor=self.user))

    @extend_schema(request=AssignBody)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, id: int) -> HttpResponseBase:
        """Assign a match to a colleague

        Or to nobody in particular. For managers of a regulator who may decide on it; the right to decide stays with
        all of them.
        """
        values = self.given(AssignBody)
        return self.done(assignments.assign(self.unchanged(), **values, actor=self.user).pk)

    @extend_schema(request=AssignManyBody, responses=Decisions)
    @action(detail=False, methods=["post"], url_path="assign", url_name="assign-many")
    def assign_many(self, request: Request) -> Response:
        """Assign many matches

        To the same colleague; each stands or falls alone.
        """
        values = self.given(AssignManyBody)
        return decided(assignments.assign_many(values.pop("matches"), **values, actor=self.user))

    @extend_schema(responses=Workload)
    @action(detail=False, methods=["get"])
    def workload(self, request: Request) -> Response:
        """Read who has how much to decide

        What you may decide by whom it is assigned to: nobody first, then each of your colleagues. Empty for who
        decides for no regulator.
        """
        self.check_parameters("format")
        return Response(Workload({"results": waiting_for.workload(self.user)}).data)

    @extend_schema(
        responses=described([PDF.media_type], "The letter."),
        parameters=[LetterAsked],
    )
    @action(detail=True, methods=["get"])
    def letter(self, request: Request, id: int) -> HttpResponse:
        """Download the letter of a decision

        As PDF, with nothing in it that you may not know of. Only of what a regulator has approved or rejected.
        """
        language = self.asked(LetterAsked).get("language") or translation.get_language() or settings.LANGUAGE_CODE
        match = self.get_object()
        with translation.override(language):
            return printing.attached(letter.letter(match, self.user), letter.name(match, language))
