from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import RestrictedAdmin, person
from registry.admin.export import ExportMixin
from registry.admin.kind_first import KindFirstAdmin, kind_of
from registry.admin.seen import SeenAdmin, SeenForm
from registry.exports.formats import Format
from registry.exports.table import Table
from registry.importing.coordinates import WGS84
from registry.kinds import KINDS, Kind
from registry.svg_map import Shape, draw
from registry.tags import days
from sharing.admin.cobuild_group import group_link
from sharing.admin.refusals import WorkflowAdmin
from sharing.exports.demands import FIELDS, demand_tables
from sharing.models import Demand, DemandList, ListStatus
from sharing.refusals import SENTENCES
from sharing.seen import list_title
from sharing.words import LIMITS
from sharing.workflow import lists
from sharing.workflow.locks import lock_list
from sharing.workflow.rules import Verb, guard

POINT_PLACE = ("location", "radius_m")
ROUTE_PLACE = ("origin", "destination", "max_detour")


class DemandForm(SeenForm):
    sentences = SENTENCES

    def clean_radius_m(self) -> float | None:
        radius: float | None = self.cleaned_data["radius_m"]
        if radius is not None and radius <= 0:
            raise ValidationError(_("A radius is more than 0 m: enter how far from the place it may be."))
        return radius


@admin.register(Demand)
class DemandAdmin(ExportMixin, KindFirstAdmin, WorkflowAdmin, SeenAdmin):
    """The lines of lists. Drafts change, by the party's editors; what was submitted stays as it was."""

    kind_question = gettext_lazy("What kind of asset is needed?")
    form = DemandForm
    owner_field = "list"
    list_display = ("line", "shown_name", "of_list", "kind_name", "quantity", "shown_period", "priority")
    list_display_links = ("line", "shown_name")
    list_filter = ("kind", "priority")
    linked_by = ("list",)
    list_select_related = ("list",)
    kept_by = gettext_lazy("its matches: a line that was matched before stays in the list, as history")
    search_fields = ("name__ilike", "list_title")
    search_help_text = gettext_lazy("Name of the demand or title of the list")
    ordering = ("-list", "line")
    autocomplete_fields = ("disjoint_from",)
    change_form_outer_before_template = "registry/place_map.html"

    def export_tables(self, request: HttpRequest, queryset: Any, format: Format) -> list[Table]:
        """As the API has them."""
        return demand_tables(queryset, FIELDS, WGS84, by_shape=format.layered and format.needs_place)

    @admin.display(description=gettext_lazy("name"))
    def shown_name(self, demand: Demand) -> str:
        return demand.name or _("Line %(n)d") % {"n": demand.line}

    @admin.display(description=gettext_lazy("list"))
    def of_list(self, demand: Any) -> str:
        return demand.list_title or "–"

    @admin.display(description=gettext_lazy("period"))
    def shown_period(self, demand: Demand) -> str:
        return days(demand.period)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With the title of its list, where the person sees that."""
        rows = super().get_queryset(request).select_related("list")
        titled: models.QuerySet[Any] = rows.annotate(list_title=list_title(person(request), "list"))
        return titled

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With whether the person may know of its twin, as an owner is asked about single lines of a list; and with
        its co-build group, where they may know of that."""
        found = super().get_object(request, object_id, from_field)
        twin = Demand.objects.visible_to(person(request)).filter(pk=found.disjoint_from_id)
        found.twin_is_seen = found.disjoint_from_id is None or twin.exists()
        found.group = group_link(found.pk, person(request))
        return found

    @admin.display(description=gettext_lazy("disjoint from"))
    def hidden_twin(self, demand: Demand) -> str:
        return _("another line of the list")

    def lock(self, request: HttpRequest, obj: Demand) -> None:
        """By its list, in the order of every verb. Raises WrongState where that was submitted meanwhile."""
        guard(Verb.EDIT, lock_list(obj.list_id), person(request))

    def organization_of(self, obj: Demand) -> int | None:
        return obj.list.party_id

    def may_change(self, request: HttpRequest, obj: Demand | None) -> bool:
        """Lines of drafts, by the party's editors."""
        own = person(request).organizations_as(self.needed_role)
        if obj is None:
            return bool(own)
        return obj.list.status == ListStatus.DRAFT and obj.list.party_id in own

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        kind = kind_of(request, obj) or Kind.TOWER
        period = "period" if obj is None or self.may_change(request, obj) else "shown_period"
        twin = "disjoint_from" if obj is None or obj.twin_is_seen else "hidden_twin"
        of = ("list",) if obj is None or obj.list_title else ()
        place = (*ROUTE_PLACE, twin, "disjoint_by", "apart_m") if KINDS[kind].is_route else POINT_PLACE
        sections = (
            (None, {"fields": (*of, "line", "name", "kind")}),
            (
                gettext_lazy("What"),
                {"fields": ("quantity", "splittable", period, "priority", "budget_per_year", *KINDS[kind].loads)},
            ),
            (gettext_lazy("Where"), {"fields": place}),
            (gettext_lazy("Technical limits"), {"fields": LIMITS[kind]}),
            *(() if obj is None else ((gettext_lazy("Build together"), {"fields": ("shown_group",)}),)),
        )
        return self.with_seen(request, obj, sections)

    def get_readonly_fields(self, request: HttpRequest, obj: Demand | None = None) -> Any:
        return ("line",) if obj is None else ("list", "line", "kind", "hidden_twin", "shown_period", "shown_group")

    @admin.display(description=gettext_lazy("co-build group"))
    def shown_group(self, demand: Any) -> str:
        return getattr(demand, "group", "") or "–"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A new line goes into a draft of one's own; a twin is another line in sight."""
        if db_field.name == "list":
            own = person(request).organizations_as(self.needed_role)
            kwargs["queryset"] = DemandList.objects.filter(party__in=own, status=ListStatus.DRAFT)
            return super(RestrictedAdmin, self).formfield_for_foreignkey(db_field, request, **kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in (*POINT_PLACE, "origin", "destination"):
            field.required = True
        elif db_field.name == "disjoint_by":
            field.required = False
        return field

    def beside_form(self, request: HttpRequest, obj: Demand) -> dict[str, Any]:
        """The map of what is asked for."""
        return {"place_map": draw(_shapes(obj), title=_("Map of %(demand)s") % {"demand": obj})}

    def save_model(self, request: HttpRequest, obj: Demand, form: Any, change: bool) -> None:
        """Lines are written by the workflow's verbs, which number new ones."""
        if change:
            lists.change_demand(obj, actor=person(request))
        else:
            lists.add_demands(obj.list, [obj], actor=person(request))

    def delete_model(self, request: HttpRequest, obj: Demand) -> None:
        lists.remove_demands(obj.list, [obj.pk], actor=person(request))

    def get_actions(self, request: HttpRequest) -> Any:
        """Lines are removed one by one, on their own pages."""
        return {}


def _shapes(demand: Demand) -> list[Shape]:
    if demand.location:
        return [Shape(demand.location, "place", str(demand), radius_m=demand.radius_m)]
    ends = [(demand.origin, "A"), (demand.destination, "B")]
    return [Shape(point, "place", mark, mark) for point, mark in ends if point]
