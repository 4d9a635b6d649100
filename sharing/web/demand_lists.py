"""Demand lists: all in sight, a new one, and what its party does with it."""

from typing import Any

import django_tables2
from django import forms
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import Organization, Role, User
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.tables import Table, shown
from sharing.errors import BadInput
from sharing.models import LIVE, Demand, DemandList, ListStatus, Match, MatchStatus
from sharing.shown.buttons import Button, button_of
from sharing.web.uploads import sent_by
from sharing.web.verbs import carry_out
from sharing.workflow import lists
from sharing.workflow.rules import Verb


class ListFilter(Form):
    """What the lists are narrowed to; what is wrong narrows nothing."""

    q = forms.CharField(
        label=gettext_lazy("Title"), required=False, max_length=200, widget=forms.TextInput({"type": "search"})
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=[("", gettext_lazy("Any")), *ListStatus.choices]
    )

    def chosen(self, user: User) -> QuerySet[DemandList]:
        """The lists in sight of `user`, the newest first."""
        self.is_valid()
        rows = DemandList.objects.visible_to(user).order_by("-pk")
        if self.cleaned_data.get("q"):
            rows = rows.filter(title__ilike=self.cleaned_data["q"])
        if self.cleaned_data.get("status"):
            rows = rows.filter(status=self.cleaned_data["status"])
        return rows


class ListTable(Table):
    title = django_tables2.Column(
        verbose_name=gettext_lazy("List"), linkify=lambda record: reverse("web:demand-list", args=[record.pk])
    )
    party = django_tables2.Column(verbose_name=gettext_lazy("Party"))
    status = django_tables2.Column(verbose_name=gettext_lazy("Status"))
    lines = django_tables2.Column(verbose_name=gettext_lazy("Lines"), attrs={"td": {"class": "number"}})
    met = django_tables2.Column(verbose_name=gettext_lazy("Met"), attrs={"td": {"class": "number"}}, empty_values=())
    submitted_at = django_tables2.DateColumn(verbose_name=gettext_lazy("Submitted"), short=True)

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Demand lists")
        empty_text = gettext_lazy("No lists here. Start one: type its lines, paste them, or upload a file.")

    def render_status(self, record: DemandList) -> str:
        return tag(record.status, record.get_status_display())

    def render_met(self, record: Any) -> str:
        return "–" if record.met is None else str(record.met)


class NewListForm(Form):
    """party: of those that the person drafts for."""

    party = forms.ModelChoiceField(Organization.objects.none(), label=gettext_lazy("Party"), empty_label=None)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Organization.objects.filter(pk__in=user.organizations_as(Role.EDITOR))
        self.fields["party"].queryset = own  # type: ignore[attr-defined]


class TitleForm(Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)


@members
@require_safe
def demand_lists(request: MemberRequest) -> HttpResponse:
    narrowing = ListFilter(request.GET)
    table = ListTable(_counted(narrowing.chosen(request.user).select_related("party")))
    context = {
        "filter": narrowing,
        "table": shown(request, table),
        "drafts": bool(request.user.organizations_as(Role.EDITOR)),
        "uploads": sent_by(request.user),
    }
    return render(request, "web/demand_lists.html", context)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def new_list(request: MemberRequest) -> HttpResponse:
    """Starts a draft, and goes on to its lines."""
    form = NewListForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = lists.create(form.cleaned_data["party"], title=form.cleaned_data["title"], actor=request.user)
            return redirect("web:demand-list", made.pk)
        except BadInput as refusal:
            form.add_refusal(refusal)
    status = 400 if form.is_bound else 200
    return render(request, "web/demand_list_new.html", {"form": form}, status=status)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: MemberRequest, pk: int) -> HttpResponse:
    """Another title for a draft."""
    found = get_object_or_404(DemandList.objects.visible_to(request.user), pk=pk)
    button = Button(Verb.EDIT, lists.rename, gettext_lazy("Renamed."), TitleForm)
    if request.method == "POST":
        return carry_out(request, found, button, reverse("web:demand-list", args=[pk]))
    form = TitleForm(initial={"title": found.title})
    return render(request, "web/demand_list_rename.html", {"list": found, "form": form})


@members
@require_http_methods(["GET", "HEAD", "POST"])
def list_do(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Carries out one verb on a list, and shows it again."""
    found = get_object_or_404(DemandList.objects.visible_to(request.user), pk=pk)
    return carry_out(request, found, button_of(found, verb), reverse("web:demand-list", args=[pk]))


def _counted(rows: QuerySet[DemandList]) -> QuerySet[Any]:
    """With the number of lines, and of those for which something is proposed, under way or in force."""
    lines = Demand.objects.filter(list=OuterRef("pk")).order_by().values("list").annotate(n=Count("pk")).values("n")
    standing = Match.objects.filter(demand__list=OuterRef("pk"), status__in=(*LIVE, MatchStatus.PROPOSED))
    met = standing.order_by().values("demand__list").annotate(n=Count("demand", distinct=True)).values("n")
    counted: QuerySet[Any] = rows.annotate(lines=Coalesce(Subquery(lines), 0), met=Subquery(met))
    return counted
