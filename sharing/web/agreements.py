"""Agreements: what approved matches became, until they end or are renewed."""

from datetime import timedelta
from typing import Any

import django_tables2
from django import forms
from django.db.models import F, Func, QuerySet, prefetch_related_objects
from django.db.models.fields import DateField
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import User
from registry.tags import days, tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.tables import Table, shown
from sharing import words
from sharing.models import IN_FORCE, Agreement, MatchStatus
from sharing.seen import Seen, author, events, with_why_ended
from sharing.shown import letter
from sharing.shown.buttons import button_of
from sharing.shown.match_page import legs_of
from sharing.shown.places import match_shapes
from sharing.web.verbs import carry_out, offers
from sharing.workflow.rules import MATCH_FACTS

SOON = timedelta(days=90)


class AgreementFilter(Form):
    """Which agreements are shown; an unknown value shows those in force."""

    show = forms.ChoiceField(
        required=False,
        choices=[
            ("", gettext_lazy("In force")),
            ("ending", gettext_lazy("Ending within 90 days")),
            ("ended", gettext_lazy("Ended")),
            ("all", gettext_lazy("All")),
        ],
    )
    q = forms.CharField(
        label=gettext_lazy("Number"), required=False, max_length=40, widget=forms.TextInput({"type": "search"})
    )

    def chosen(self, user: User) -> QuerySet[Any]:
        """Those that `user` may see; those ending soon by their end, the others the newest first."""
        values = self.cleaned_data if self.is_valid() else {}
        rows: QuerySet[Any] = Agreement.objects.visible_to(user)
        match values.get("show"):
            case "ending":
                end = Func(F("period"), function="upper", output_field=DateField())
                rows = rows.filter(match__status__in=IN_FORCE).annotate(ends=end)
                rows = rows.filter(ends__lte=timezone.localdate() + SOON).order_by("ends", "pk")
            case "ended":
                rows = rows.filter(match__status=MatchStatus.ENDED).order_by("-pk")
            case "all":
                rows = rows.order_by("-pk")
            case _:
                rows = rows.filter(match__status__in=IN_FORCE).order_by("-pk")
        if values.get("q"):
            rows = rows.filter(number__ilike=values["q"])
        return rows


class AgreementTable(Table):
    number = django_tables2.Column(verbose_name=gettext_lazy("Agreement"))
    demand = django_tables2.Column(accessor="match__demand", verbose_name=gettext_lazy("For"))
    party = django_tables2.Column(accessor="match__demand__list__party", verbose_name=gettext_lazy("Party"))
    period = django_tables2.Column(verbose_name=gettext_lazy("Period"))
    fee_per_year = django_tables2.Column(
        verbose_name=gettext_lazy("Fee a year"), attrs={"td": {"class": "number"}, "th": {"class": "number"}}
    )
    status = django_tables2.Column(accessor="match__status", verbose_name=gettext_lazy("Status"))

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Agreements")
        empty_text = gettext_lazy("No agreement here. A match becomes one once all owners and the regulator agree.")

    def render_number(self, record: Agreement) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("web:agreement", args=[record.pk]), record.number)

    def render_period(self, value: Any) -> str:
        return days(value)

    def render_fee_per_year(self, value: Any) -> str:
        return words.number(value)

    def render_status(self, record: Agreement) -> SafeString:
        return tag(record.match.status, record.match.get_status_display())


@require_safe
@members
def agreement_list(request: MemberRequest) -> HttpResponse:
    """The agreements in sight of the person."""
    chosen = AgreementFilter(request.GET)
    rows = chosen.chosen(request.user).select_related("match__demand__list__party")
    context = {"filter": chosen, "table": shown(request, AgreementTable(rows))}
    return render(request, "web/agreements.html", context)


@require_safe
@members
def agreement(request: MemberRequest, pk: int) -> HttpResponse:
    """The page of one: what was agreed, its renewals, and how it ends or goes on."""
    found = _found(request, pk)
    match = found.match
    prefetch_related_objects([match], *MATCH_FACTS, "consents__owner")
    seen = Seen.of([match], request.user)
    legs = legs_of(match, seen)
    context = {
        "agreement": found,
        "match": match,
        "title": _("Agreement %(number)s") % {"number": found.number},
        "status_tag": tag(match.status, match.get_status_display()),
        "period": days(found.period),
        "legs": legs,
        "consents": seen.consents(match),
        "hidden_owners": seen.hidden_consents(match),
        "demand_facts": words.line_facts(match),
        "offers": offers(request, found),
        "letters": letter.addresses(match),
        "renewals": [
            (renewal, tag(renewal.status, renewal.get_status_display()), days(renewal.period))
            for renewal in found.renewals.select_related("demand").order_by("pk")
        ],
        "shapes": match_shapes(match, legs),
        "events": [
            (event, author(event), words.event_details(event))
            for event in events(request.user).filter(match=match).order_by("id")
        ],
    }
    return render(request, "web/agreement.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members
def agreement_do(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Ends or renews one, and shows it again."""
    found = _found(request, pk)
    return carry_out(request, found, button_of(found, verb), reverse("web:agreement", args=[pk]))


def _found(request: MemberRequest, pk: int) -> Agreement:
    rows = with_why_ended(Agreement.objects.visible_to(request.user), request.user)
    rows = rows.select_related("match__demand__list__party")
    found: Agreement = get_object_or_404(rows, pk=pk)
    return found
