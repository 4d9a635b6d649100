"""What could be built together: groups of unmet demands, and planned facilities whose owners can still be asked."""

from typing import Any

import django_tables2
from django import forms
from django.contrib.gis.geos import Polygon
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry.models import CELL_DEGREES, Protection, User
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.forms import Form
from registry.web.places import collection, feature
from registry.web.tables import Table, shown
from sharing import words
from sharing.models import CloseReason, CobuildAnswer, CobuildGroup, CobuildMember, CobuildStatus
from sharing.shown.buttons import button_of
from sharing.shown.cobuild import costs_of, joined_of, name_of, size_of, status_of
from sharing.shown.places import demand_features
from sharing.web.verbs import carry_out, offers

ANSWER_TONES = {CobuildAnswer.JOINED.value: "approved", CobuildAnswer.DECLINED.value: "refused"}


class GroupFilter(Form):
    """Which groups are shown; an unknown value shows those under way."""

    show = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Under way")), ("closed", gettext_lazy("Closed")), ("all", gettext_lazy("All"))],
    )

    def chosen(self, user: User) -> QuerySet[Any]:
        """The groups in sight of `user`, the newest first."""
        rows: QuerySet[Any] = CobuildGroup.objects.visible_to(user).order_by("-pk")
        match self.cleaned_data.get("show") if self.is_valid() else "":
            case "closed":
                return rows.filter(status=CobuildStatus.CLOSED)
            case "all":
                return rows
            case _:
                return rows.exclude(status=CobuildStatus.CLOSED)


class GroupTable(Table):
    what = django_tables2.Column(empty_values=(), verbose_name=gettext_lazy("Group"))
    status = django_tables2.Column(verbose_name=gettext_lazy("Status"))
    joined = django_tables2.Column(empty_values=(), verbose_name=gettext_lazy("Joined"))
    region = django_tables2.Column(verbose_name=gettext_lazy("Region"))
    needed_by = django_tables2.DateColumn(verbose_name=gettext_lazy("Needed by"), short=True)
    planned_facility = django_tables2.Column(verbose_name=gettext_lazy("Planned facility"))

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Co-build groups")
        empty_text = gettext_lazy(
            "Nothing to build together here. Lines of a list without a match are grouped with those of others as soon "
            "as one new build, or a planned facility nearby, would meet them."
        )

    def render_what(self, record: CobuildGroup) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("web:cobuild-group", args=[record.pk]), name_of(record))

    def render_status(self, record: CobuildGroup) -> SafeString:
        return status_of(record)

    def render_joined(self, record: CobuildGroup) -> str:
        return joined_of(record)


def facts_of(group: Any) -> list[tuple[str, Any]]:
    """What a person may know of a group with its place for them: the whole is told once all have joined."""
    facts: list[tuple[str, Any]] = [
        (_("Kind"), group.get_kind_display()),
        (_("Region"), group.region or "–"),
        (_("Needed by"), date_format(group.needed_by, "SHORT_DATE_FORMAT")),
        (_("Joined"), joined_of(group)),
    ]
    if group.status == CobuildStatus.CLOSED:
        facts.append((_("Why it closed"), CloseReason(group.close_reason).label))
    if facility := group.planned_facility:
        facts.append((_("Ask for"), words.units(group.kind, group.units)))
        facts.append((_("Planned facility"), facility))
        facts.append((_("Ask before"), date_format(facility.request_by, "SHORT_DATE_FORMAT")))
        facts.append((_("Opens on"), date_format(facility.opens_on, "SHORT_DATE_FORMAT")))
        if facility.cost_rule:
            facts.append((_("Its cost rule"), facility.cost_rule))
    if not group.is_told:
        facts.append((_("Site, size and cost of the whole"), _("told once all have joined")))
        return facts
    facts.append((_("Size"), size_of(group)))
    if group.cost_per_year is not None:
        facts.append((_("Cost a year together"), words.number(group.cost_per_year)))
        facts.append((_("Cost a year if built apart"), words.number(group.apart_per_year)))
    return facts


@require_safe
@members
def group_list(request: MemberRequest) -> HttpResponse:
    """The groups in sight of the person."""
    chosen = GroupFilter(request.GET)
    rows = chosen.chosen(request.user).select_related("region", "planned_facility")
    table = GroupTable(rows.prefetch_related("members__demands"))
    return render(request, "web/cobuild_groups.html", {"filter": chosen, "table": shown(request, table)})


@require_safe
@members
def group(request: MemberRequest, pk: int) -> HttpResponse:
    """The page of one: the place, the members and the shares as far as the person may know, and what they can do."""
    found = _found(request, pk)
    seen = frozenset(CobuildMember.objects.visible_to(request.user).filter(group=found).values_list("pk", flat=True))
    known = [member for member in found.members.all() if member.pk in seen]
    label = _("Site") if found.is_told else _("Somewhere in this cell")
    demands = [one.demand for member in known for one in member.demands.all()]
    context = {
        "group": found,
        "title": _("Co-build group %(number)s") % {"number": found.pk},
        "status_tag": status_of(found),
        "facts": facts_of(found),
        "known": [
            (
                member,
                tag(ANSWER_TONES.get(member.answer, member.answer), member.get_answer_display()),
                *costs_of(member, request.user),
            )
            for member in known
        ],
        "unknown": len(found.members.all()) - len(known),
        "offers": offers(request, found),
        "shapes": collection(
            [
                feature(
                    (found.place if found.is_told else _cell(found.place)).geojson,
                    role="planned" if found.is_told else "area",
                    label=label,
                ),
                *(one for demand in demands for one in demand_features(demand)),
            ]
        ),
    }
    return render(request, "web/cobuild_group.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@members
def group_do(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Joins, declines, withdraws or closes, and shows the group again."""
    found = _found(request, pk)
    return carry_out(request, found, button_of(found, verb), reverse("web:cobuild-group", args=[pk]))


def _cell(place: Any) -> Polygon:
    """The grid cell around the centre that is told of a site, or of the middle of a trench."""
    middle, half = place.centroid, CELL_DEGREES[Protection.RESTRICTED] / 2
    return Polygon.from_bbox((middle.x - half, middle.y - half, middle.x + half, middle.y + half))


def _found(request: MemberRequest, pk: int) -> Any:
    rows: Any = CobuildGroup.objects.visible_to(request.user)
    rows = rows.with_place_for(request.user).select_related("region", "planned_facility")
    return get_object_or_404(rows.prefetch_related("members__party", "members__demands__demand"), pk=pk)
