from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, ReadOnlyMixin, WithinRegionFilter, person
from registry.models import User
from registry.svg_map import Shape, draw
from sharing import words
from sharing.admin.verbs import VerbMixin
from sharing.models import CobuildDemand, CobuildGroup, CobuildMember, Demand
from sharing.shown.cobuild import costs_of, joined_of, name_of, size_of, status_of

UNTOLD = gettext_lazy("told once all have joined")


@admin.register(CobuildGroup)
class CobuildGroupAdmin(ReadOnlyMixin, VerbMixin):
    """What could be built together, and the page on which its parties join or decline."""

    list_display = ("what", "status_tag", "shown_region", "answers", "needed_by", "planned_facility")
    list_filter = (
        "status",
        "kind",
        ("region", WithinRegionFilter),
        ("planned_facility", AutocompleteFilter),
    )
    linked_by = ("planned_facility",)
    list_select_related = ("region", "planned_facility")
    ordering = ("-id",)
    change_form_outer_before_template = "sharing/cobuild_group.html"
    fields = (
        "what",
        "status_tag",
        "close_reason",
        "shown_region",
        "needed_by",
        "shown_facility",
        "shown_size",
        "shown_costs",
        "answers",
        "shown_members",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With the place as the person may know it, and what a row shows of its members."""
        rows: Any = super().get_queryset(request)
        placed: models.QuerySet[Any] = rows.with_place_for(person(request))
        return placed.prefetch_related("members__party", "members__demands__demand")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With the person, and the members that they may know of."""
        found = super().get_object(request, object_id, from_field)
        found.viewer = person(request)
        seen = CobuildMember.objects.visible_to(found.viewer).filter(group=found)
        found.seen = frozenset(seen.values_list("pk", flat=True))
        return found

    @admin.display(description=gettext_lazy("co-build group"))
    def what(self, group: CobuildGroup) -> str:
        return name_of(group)

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, group: CobuildGroup) -> str:
        return status_of(group)

    @admin.display(description=gettext_lazy("region"))
    def shown_region(self, group: CobuildGroup) -> str:
        return str(group.region or "–")

    @admin.display(description=gettext_lazy("joined"))
    def answers(self, group: CobuildGroup) -> str:
        return joined_of(group)

    @admin.display(description=gettext_lazy("planned facility"))
    def shown_facility(self, group: CobuildGroup) -> str:
        facility = group.planned_facility
        if facility is None:
            return "–"
        return _("Ask for %(units)s in %(facility)s before %(day)s. %(rule)s") % {
            "units": words.units(group.kind, group.units),
            "facility": facility,
            "day": date_format(facility.request_by, "SHORT_DATE_FORMAT"),
            "rule": facility.cost_rule,
        }

    @admin.display(description=gettext_lazy("size"))
    def shown_size(self, group: Any) -> str:
        return size_of(group) if group.is_told else str(UNTOLD)

    @admin.display(description=gettext_lazy("cost a year"))
    def shown_costs(self, group: Any) -> str:
        if not group.is_told:
            return str(UNTOLD)
        if group.cost_per_year is None:
            return _("by the facility's own cost rule")
        return _("%(cost)s together, %(apart)s if built apart") % {
            "cost": words.number(group.cost_per_year),
            "apart": words.number(group.apart_per_year),
        }

    @admin.display(description=gettext_lazy("parties you may know of"))
    def shown_members(self, group: Any) -> str:
        rows = [(_member(one, group.viewer), _demands(one)) for one in group.members.all() if one.pk in group.seen]
        return format_html_join("", '<div class="fact"><span class="fact-name">{}</span> {}</div>', rows) or "–"

    def beside_form(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The buttons, and the map of what the person may know."""
        shown = draw(_shapes(obj), title=_("Map of %(group)s") % {"group": obj})
        return super().beside_form(request, obj) | {"place_map": shown}


def group_link(demand_id: int, user: User) -> str:
    """A link to the live group of a demand, where it is in one that `user` may know of."""
    group = CobuildDemand.objects.visible_to(user).group_of([demand_id]).get(demand_id)
    if group is None:
        return ""
    url = reverse("admin:sharing_cobuildgroup_change", args=[group])
    return format_html('<a class="link" href="{}">{}</a>', url, _("Co-build group %(number)s") % {"number": group})


def _member(member: CobuildMember, user: User) -> str:
    share, alone = costs_of(member, user)
    if share is None:
        return f"{member.party} · {member.get_answer_display()}"
    return _("%(party)s · %(answer)s · %(share)s a year, alone %(alone)s") % {
        "party": member.party,
        "answer": member.get_answer_display(),
        "share": words.number(share),
        "alone": words.number(alone),
    }


def _demands(member: CobuildMember) -> str:
    return _(", ").join(str(one.demand) for one in member.demands.all())


def _shapes(group: Any) -> list[Shape]:
    label = _("Site") if group.is_told else _("Somewhere in this cell")
    shapes = [Shape(group.place, "leg" if group.is_told else "neighbour", label)]
    demands = [one.demand for member in group.members.all() if member.pk in group.seen for one in member.demands.all()]
    return shapes + [shape for demand in demands for shape in _asked(demand)]


def _asked(demand: Demand) -> list[Shape]:
    if demand.location:
        return [Shape(demand.location, "place", str(demand), radius_m=demand.radius_m)]
    return [Shape(end, "place", str(demand)) for end in (demand.origin, demand.destination) if end]
