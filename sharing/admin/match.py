from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyMixin, person
from registry.kinds import short
from registry.models import Role
from registry.tags import due, tag
from sharing import waiting_for, words
from sharing.admin import assigning, bulk
from sharing.admin.verbs import SAFE, VerbMixin, offers
from sharing.admin.waiting import WaitingFilter
from sharing.models import Match, MatchStatus
from sharing.seen import list_of, list_title
from sharing.shown import letter, match_page
from sharing.workflow.fingerprint import asked_fingerprints, fingerprint_of
from sharing.workflow.rules import RULES, Verb


class WaitingMatches(WaitingFilter):
    queues = {
        "decide": (gettext_lazy("to decide"), waiting_for.to_decide),
        "request": (gettext_lazy("to request"), waiting_for.to_request),
    }


class AssignedFilter(admin.SimpleListFilter):
    """By the colleague whose work it is."""

    title = gettext_lazy("assigned to")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        people = [(str(one.pk), str(one)) for one in waiting_for.colleagues(person(request))]
        return [("nobody", gettext_lazy("nobody")), *people] if people else []

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Match]) -> models.QuerySet[Match]:
        """The part of `queryset` that is assigned to them; all of it for what is no colleague."""
        known = [value for value, _name in self.lookup_choices]
        if self.value() not in known:
            return queryset
        rows: Any = queryset.annotate(given_to=waiting_for.assignee_of(person(request)))
        found: models.QuerySet[Match] = rows.filter(
            given_to=None if self.value() == "nobody" else int(self.value() or 0)
        )
        return found


@admin.register(Match)
class MatchAdmin(ReadOnlyMixin, VerbMixin):
    """The queue, and the page on which a match is decided; every decision goes through the workflow."""

    list_display = ("number", "what", "party", "status_tag", "due", "assigned", "cost", "score_shown", "of_list")
    list_display_links = ("number", "what")
    list_before_template = "sharing/workload.html"
    list_filter = (
        WaitingMatches,
        AssignedFilter,
        "status",
        "demand__kind",
        ("demand__list__party", AutocompleteFilter),
    )
    linked_by = ("run", "demand", "demand__list")
    list_select_related = ("demand__list__party",)
    search_fields = ("demand__name__ilike", "list_title", "=id")
    search_help_text = gettext_lazy("Number of the match, name of the demand or title of the list")
    # Those with a deadline first, the oldest on top.
    ordering = (F("deadline").asc(nulls_last=True), "-id")
    actions = ("approve_selected", "reject_selected", "assign_selected")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Each with the name of whom it is assigned to, and the title of its list, as far as the person may know."""
        user, rows = person(request), super().get_queryset(request)
        named: models.QuerySet[Any] = rows.annotate(
            given_name=waiting_for.assignee_of(user, "assignee__username"), list_title=list_title(user, "demand__list")
        )
        return named

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the work of one's office above the list."""
        return super().changelist_view(
            request, {"workload": waiting_for.workload(person(request)), **(extra_context or {})}
        )

    @admin.display(description=gettext_lazy("match"))
    def number(self, match: Match) -> str:
        return f"{match.pk}"

    @admin.display(description=gettext_lazy("demand"))
    def what(self, match: Match) -> str:
        return f"{match.demand} · {short(match.demand.get_kind_display())}"

    @admin.display(description=gettext_lazy("party"))
    def party(self, match: Match) -> str:
        return str(match.demand.list.party)

    @admin.display(description=gettext_lazy("list"))
    def of_list(self, match: Any) -> str:
        return match.list_title or "–"

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, match: Match) -> str:
        return tag(match.status, match.get_status_display())

    @admin.display(description=gettext_lazy("deadline"))
    def due(self, match: Match) -> Any:
        return due(match.deadline)

    @admin.display(description=gettext_lazy("assigned to"))
    def assigned(self, match: Any) -> str:
        return match.given_name or "–"

    @admin.display(description=gettext_lazy("cost a year"))
    def cost(self, match: Match) -> str:
        return words.number(match.cost_per_year)

    @admin.display(description=gettext_lazy("score"))
    def score_shown(self, match: Match) -> str:
        return "–" if match.told_score is None else f"{match.told_score:.2f}"

    @admin.action(description=gettext_lazy("Approve…"))
    def approve_selected(self, request: HttpRequest, queryset: models.QuerySet[Match]) -> HttpResponse:
        return bulk.confirm(self, request, Verb.APPROVE, queryset)

    @admin.action(description=gettext_lazy("Reject…"))
    def reject_selected(self, request: HttpRequest, queryset: models.QuerySet[Match]) -> HttpResponse:
        return bulk.confirm(self, request, Verb.REJECT, queryset)

    @admin.action(description=gettext_lazy("Assign…"))
    def assign_selected(self, request: HttpRequest, queryset: models.QuerySet[Match]) -> HttpResponse:
        return assigning.choose(self, request, queryset)

    def get_actions(self, request: HttpRequest) -> Any:
        """Deciding on many is for those who regulate."""
        regulates = person(request).memberships.filter(
            organization__regulates__isnull=False, role__in=Role.at_least(RULES[Verb.APPROVE].role)
        )
        return super().get_actions(request) if regulates.exists() else {}

    def get_urls(self) -> list[URLPattern]:
        decide = path("decide/<slug:verb>/", self.admin_site.admin_view(self.decide_view), name="sharing_match_decide")
        assign = path("assign/", self.admin_site.admin_view(self.assign_view), name="sharing_match_assign")
        return [decide, assign, *super().get_urls()]

    def assign_view(self, request: HttpRequest) -> HttpResponse:
        """Gives the matches of the page before to a colleague."""
        return assigning.carry_out(request)

    def decide_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Approves or rejects the matches of the confirmation page."""
        return bulk.decide(self, request, verb)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The decision page. Fingerprints are taken first: what changes while the page is made outdates them."""
        user = person(request)
        match = self.get_object(request, object_id)
        if request.method not in SAFE:
            return HttpResponseNotAllowed(SAFE)
        fingerprint = fingerprint_of(match)
        asked = asked_fingerprints(list(match.consents.all())) if match.status == MatchStatus.REQUESTED else {}
        models.prefetch_related_objects([match], *match_page.facts())
        shown = match_page.context(match, user)
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "title": _("Match %(number)d: %(demand)s") % {"number": match.pk, "demand": match.demand},
            "list": list_of(match.demand, user),
            "opts": self.opts,
            "original": match,
            "status_tag": self.status_tag(match),
            "due": due(match.deadline),
            "letters": letter.addresses(match),
            "assigned": self.assigned(match),
            "offers": offers(request, match, {"fingerprint": fingerprint}),
            "consent_rows": [
                (
                    consent,
                    status,
                    offers(request, consent, {"fingerprint": asked.get(consent.pk, "")}),
                )
                for consent, status in shown["consents"]
            ],
        }
        return TemplateResponse(request, "sharing/match.html", context)
