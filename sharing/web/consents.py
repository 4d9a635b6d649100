"""What an owner is asked: the queue by deadline, one request with all that an answer rests on, and the answer."""

from typing import Any

import django_tables2
from django import forms
from django.db.models import F, QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import Purpose, Role, User
from registry.tags import days, due, tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.tables import Table, shown
from sharing import words
from sharing.models import Consent, ConsentStatus
from sharing.seen import consents_naming_owner
from sharing.shown import match_page
from sharing.shown.buttons import button_of
from sharing.shown.places import match_shapes
from sharing.web.verbs import carry_out, offers
from sharing.workflow.fingerprint import asked_fingerprint


class QueueFilter(Form):
    """Which requests are shown; an unknown value shows those that wait."""

    show = forms.ChoiceField(
        required=False,
        choices=[
            ("", gettext_lazy("To answer")),
            ("answered", gettext_lazy("Answered")),
            ("all", gettext_lazy("All")),
        ],
    )
    q = forms.CharField(
        label=gettext_lazy("Demand"), required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )

    def chosen(self, user: User) -> QuerySet[Any]:
        """The consents of the person's organizations: those that wait by deadline, else the newest answer first."""
        values = self.cleaned_data if self.is_valid() else {}
        rows: QuerySet[Any] = Consent.objects.filter(owner__in=list(user.roles))
        match values.get("show"):
            case "answered":
                rows = rows.exclude(status=ConsentStatus.PENDING).order_by(
                    F("answered_at").desc(nulls_last=True), "-pk"
                )
            case "all":
                rows = rows.order_by("-pk")
            case _:
                rows = rows.filter(status=ConsentStatus.PENDING).order_by("deadline", "pk")
        if values.get("q"):
            rows = rows.filter(match__demand__name__ilike=values["q"])
        return rows


class ConsentTable(Table):
    """In the order of the queue."""

    choose = django_tables2.Column(
        empty_values=(),
        verbose_name=gettext_lazy("Choose"),
        attrs={"th": {"class": "choose"}, "td": {"class": "choose"}},
    )
    demand = django_tables2.Column(accessor="match__demand", verbose_name=gettext_lazy("Request"))
    party = django_tables2.Column(accessor="match__demand__list__party", verbose_name=gettext_lazy("Party"))
    asked = django_tables2.Column(empty_values=(), verbose_name=gettext_lazy("Asks for"))
    period = django_tables2.Column(accessor="match__told_period", verbose_name=gettext_lazy("Period"))
    deadline = django_tables2.Column(verbose_name=gettext_lazy("Answer until"))
    status = django_tables2.Column(verbose_name=gettext_lazy("Status"))

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Requests for your assets")
        empty_text = gettext_lazy("Nothing is asked of you here. Whoever wants to use an asset of yours appears here.")

    def __init__(self, *args: Any, answerable: frozenset[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answerable = answerable

    def render_choose(self, record: Consent) -> SafeString | str:
        if record.status != ConsentStatus.PENDING or record.owner_id not in self.answerable:
            return ""
        label = _("Choose %(demand)s") % {"demand": record.match.demand}
        return format_html('<input type="checkbox" name="consent" value="{}" aria-label="{}">', record.pk, label)

    def render_demand(self, record: Consent) -> SafeString:
        url = reverse("web:consent", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, record.match.demand)

    def render_asked(self, record: Consent) -> str:
        return _(", ").join(asked_of(record))

    def render_period(self, value: Any) -> str:
        return days(value)

    def render_deadline(self, record: Consent) -> str:
        return due(record.deadline) if record.status == ConsentStatus.PENDING else "–"

    def render_status(self, record: Consent) -> SafeString:
        return tag(record.status, record.get_status_display())


def asked_of(consent: Consent) -> list[str]:
    """The owner's own assets that the match takes units of, each with how many."""
    return [
        _("%(units)s of %(asset)s")
        % {"units": words.units(consent.match.demand.kind, leg.quantity), "asset": leg.asset.code}
        for leg in consent.match.legs.all()
        if leg.asset and leg.asset.owner_id == consent.owner_id
    ]


def with_match(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With what a line of the queue shows of the match."""
    return rows.select_related("match__demand__list__party", "owner").prefetch_related("match__legs__asset")


@require_safe
@members
def consent_list(request: MemberRequest) -> HttpResponse:
    """The queue, and what has been answered."""
    chosen = QueueFilter(request.GET)
    answerable = frozenset(request.user.organizations_as(Role.MANAGER))
    may_choose = bool(answerable) and not chosen["show"].value()
    left_out = () if may_choose else ("choose",)
    table = ConsentTable(with_match(chosen.chosen(request.user)), answerable=answerable, exclude=left_out)
    return render(
        request, "web/consents.html", {"filter": chosen, "table": shown(request, table), "may_choose": may_choose}
    )


@require_safe
@members
def consent(request: MemberRequest, pk: int) -> HttpResponse:
    """What is asked and what it changes. The fingerprint is taken first: what changes while the page is made outdates
    it."""
    found = _found(request, pk)
    fingerprint = asked_fingerprint(found)
    prefetch_related_objects([found.match], *match_page.facts())
    context = match_page.context(found.match, request.user)
    own = [row for row in context["legs"] if row.asset and row.asset.owner_id == found.owner_id]
    kept = {row.asset.pk for row in own if row.asset}
    context |= {
        "consent": found,
        "title": _("Request: %(demand)s") % {"demand": found.match.demand},
        "status_tag": tag(found.status, found.get_status_display()),
        "due": due(found.deadline),
        "period": days(found.match.told_period),
        "offers": offers(request, found, {"fingerprint": fingerprint}),
        "elsewhere": len(context["legs"]) - len(own),
        "legs": own,
        "fee": sum(row.leg.cost_per_year for row in own),
        "ledgers": [panel for panel in context["ledgers"] if panel.change.asset.pk in kept],
        "purposes": Purpose.choices,
        "shapes": match_shapes(found.match, context["legs"]),
    }
    return render(request, "web/consent.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members
def consent_do(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Grants or refuses one request, and shows it again."""
    found = _found(request, pk)
    return carry_out(request, found, button_of(found, verb), reverse("web:consent", args=[pk]))


def _found(request: MemberRequest, pk: int) -> Consent:
    """One whose owner the person may read; any other is as absent."""
    rows = consents_naming_owner(request.user).select_related("owner", "match__demand__list__party")
    return get_object_or_404(rows, pk=pk)
