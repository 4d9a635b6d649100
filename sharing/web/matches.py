"""The matches in sight of a person, and the page of one: everything a decision rests on, and what is open to them."""

from typing import Any

import django_tables2
from django import forms
from django.db.models import F, QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.kinds import short
from registry.models import User
from registry.tags import days, due, tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.tables import Table, shown
from sharing import waiting_for, words
from sharing.models import Agreement, ConsentStatus, Match, MatchStatus
from sharing.seen import list_of, with_why_ended
from sharing.shown import letter, match_page
from sharing.shown.buttons import button_of
from sharing.shown.places import match_shapes
from sharing.web.verbs import carry_out, offers, standing_of
from sharing.workflow.fingerprint import fingerprint_of


class MatchFilter(Form):
    """What the list of matches is narrowed to; what is wrong narrows nothing."""

    waiting = forms.ChoiceField(
        label=gettext_lazy("Waiting for you"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            ("request", gettext_lazy("to request")),
            ("decide", gettext_lazy("to decide")),
            ("under_way", gettext_lazy("asked, under way")),
        ],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", gettext_lazy("Any")), *MatchStatus.choices]
    )
    q = forms.CharField(
        label=gettext_lazy("Demand"), required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )

    def chosen(self, user: User) -> QuerySet[Match]:
        """The matches that `user` may see, those with a deadline first."""
        self.is_valid()
        values = self.cleaned_data
        rows = Match.objects.visible_to(user).order_by(F("deadline").asc(nulls_last=True), "-pk")
        if values.get("waiting"):
            rows = rows.filter(pk__in=waiting_for.MATCHES[values["waiting"]](user).order_by().values("pk"))
        if values.get("status"):
            rows = rows.filter(status=values["status"])
        if values.get("q"):
            rows = rows.filter(demand__name__ilike=values["q"])
        return rows


class MatchTable(Table):
    demand = django_tables2.Column(
        verbose_name=gettext_lazy("Demand"),
        linkify=lambda record: reverse("web:match", args=[record.pk]),
        orderable=False,
    )
    kind = django_tables2.Column(
        accessor="demand__kind", verbose_name=gettext_lazy("Kind"), orderable=False, empty_values=()
    )
    party = django_tables2.Column(accessor="demand__list__party", verbose_name=gettext_lazy("Party"), orderable=False)
    status = django_tables2.Column(verbose_name=gettext_lazy("Status"), orderable=False)
    deadline = django_tables2.Column(verbose_name=gettext_lazy("Deadline"), orderable=False, empty_values=())
    cost_per_year = django_tables2.Column(
        verbose_name=gettext_lazy("Cost a year"), orderable=False, attrs={"td": {"class": "number"}}
    )

    class Meta(Table.Meta):
        model = Match
        fields = ("demand", "kind", "party", "status", "deadline", "cost_per_year")
        empty_text = gettext_lazy("No matches here. A demand list that was submitted and matched brings them.")

    def render_kind(self, record: Match) -> str:
        return short(record.demand.get_kind_display())

    def render_status(self, record: Match) -> str:
        return tag(record.status, record.get_status_display())

    def render_deadline(self, record: Match) -> str:
        return due(record.deadline)

    def render_cost_per_year(self, value: Any) -> str:
        return words.number(value)


@members
@require_safe
def match_list(request: MemberRequest) -> HttpResponse:
    """The matches in sight of the person, by deadline."""
    narrowing = MatchFilter(request.GET)
    rows = narrowing.chosen(request.user).select_related("demand__list__party")
    return render(request, "web/matches.html", {"filter": narrowing, "table": shown(request, MatchTable(rows))})


@members
@require_safe
def match(request: MemberRequest, pk: int) -> HttpResponse:
    """The page of a match. The fingerprint is taken first: what changes while the page is made outdates it."""
    found = get_object_or_404(Match.objects.visible_to(request.user), pk=pk)
    fingerprint = fingerprint_of(found)
    prefetch_related_objects([found], *match_page.facts())
    context = match_page.context(found, request.user)
    agreement = with_why_ended(Agreement.objects.filter(match=found), request.user).first()
    if agreement:
        agreement.match = found
    context |= {
        "title": _("Match %(number)d: %(demand)s") % {"number": found.pk, "demand": found.demand},
        "list": list_of(found.demand, request.user),
        "status_tag": tag(found.status, found.get_status_display()),
        "due": due(found.deadline),
        "offers": offers(request, found, {"fingerprint": fingerprint}),
        "agreement": agreement,
        "agreement_days": days(agreement.period) if agreement else "",
        "agreement_offers": offers(request, agreement) if agreement else [],
        "shapes": match_shapes(found, context["legs"]),
        "waits_for": _waits_for(request, found),
        "letters": letter.addresses(found),
    }
    return render(request, "web/match.html", context)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def match_do(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Carries out one verb on a match, and shows it again."""
    found = get_object_or_404(Match.objects.visible_to(request.user).select_related("demand"), pk=pk)
    page = reverse("web:match", args=[pk])
    if request.GET.get("from") == "list":
        page = reverse("web:demand-list", args=[found.demand.list_id])
    return carry_out(request, found, button_of(found, verb), page)


def _waits_for(request: MemberRequest, found: Match) -> str:
    """Whose move it is, and when that is the person's own, what to do."""
    waiting = {consent.owner_id for consent in found.consents.all() if consent.status == ConsentStatus.PENDING}
    asked = waiting & standing_of(request).organizations
    match found.status:
        case MatchStatus.PROPOSED:
            return _("Nobody has been asked yet: the demanding party may request it.")
        case MatchStatus.REQUESTED:
            return _("It waits for your organization's answer.") if asked else _("It waits for the owners asked.")
        case MatchStatus.CONSENTED:
            return _("It waits for a regulator's decision.")
        case _:
            return ""
