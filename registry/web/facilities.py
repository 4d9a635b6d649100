"""Planned facilities: subways, tunnels, bridges and buildings to come, and the space that each reserves. Published to
every party (2024/1309 art. 6), so that space is asked for while the design is still open."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django import forms
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Case, QuerySet, When
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import owned_writing
from registry.facility_filters import FacilityFilters
from registry.models import Asset, FacilityStage, FacilityType, PlannedFacility, Role
from registry.replicas import may_lag
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.asset_facts import Fact
from registry.web.forms import DayInput, Form
from registry.web.places import DIGITS, asset_features, plan_features
from registry.web.tables import Table, shown
from registry.web.whereabouts import whereabouts

ANY = ("", gettext_lazy("Any"))
MOST_RESERVED = 200


class FacilityFilterForm(Form):
    """In front of registry.facility_filters, which decides what each filter means."""

    q = forms.CharField(
        label=gettext_lazy("Code or name"), required=False, max_length=100, widget=forms.TextInput({"type": "search"})
    )
    facility_type = forms.ChoiceField(label=gettext_lazy("Type"), required=False, choices=[ANY, *FacilityType.choices])
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False, choices=[ANY, *FacilityStage.choices])
    region = forms.CharField(label=gettext_lazy("Region code"), required=False, max_length=40)
    owner = forms.CharField(label=gettext_lazy("Owner's code"), required=False, max_length=40)
    request_by_from = forms.DateField(label=gettext_lazy("Can be asked for on"), required=False, widget=DayInput)

    @property
    def query(self) -> str:
        """What was filled in, as the API takes it too."""
        return urlencode({name: value for name in self.fields if (value := str(self.data.get(name, "")).strip())})

    def filtered(self, plans: QuerySet[PlannedFacility]) -> QuerySet[Any]:
        """None where a filter is at fault."""
        if not self.is_valid():
            return plans.none()
        filters = FacilityFilters(QueryDict(self.query), queryset=plans)
        if not filters.is_valid():
            for name, said in filters.form.errors.items():
                self.add_error(name, list(said))
            return plans.none()
        passed: QuerySet[Any] = filters.qs
        return passed


class FacilityTable(Table):
    name = django_tables2.Column(verbose_name=gettext_lazy("Facility"))
    facility_type = django_tables2.Column(verbose_name=gettext_lazy("Type"))
    stage = django_tables2.Column(verbose_name=gettext_lazy("Stage"))
    owner = django_tables2.Column(verbose_name=gettext_lazy("Owner"))
    region = django_tables2.Column(accessor="region__name", verbose_name=gettext_lazy("Region"))
    request_by = django_tables2.Column(verbose_name=gettext_lazy("Ask by"))
    opens_on = django_tables2.Column(verbose_name=gettext_lazy("Opens"))

    class Meta(Table.Meta):
        orderable = False
        caption = gettext_lazy("Planned facilities")
        empty_text = gettext_lazy("No plan fits: widen the filters.")

    def render_name(self, record: PlannedFacility) -> SafeString:
        return format_html(
            '<a href="{}">{}</a> {}', reverse("web:facility", args=[record.pk]), record.name, record.code
        )

    def render_stage(self, record: PlannedFacility) -> SafeString:
        return tag(record.stage, record.get_stage_display())

    def render_request_by(self, record: PlannedFacility) -> SafeString:
        return asked_by(record.request_by)

    def render_opens_on(self, record: PlannedFacility) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', date_format(record.opens_on, "SHORT_DATE_FORMAT"))


@members
@may_lag
def facilities(request: MemberRequest) -> HttpResponse:
    """Those to ask first come first; those that can no more be asked for come last."""
    form = FacilityFilterForm(request.GET)
    plans = form.filtered(PlannedFacility.objects.visible_to(request.user)).select_related("owner", "region")
    over = Case(When(request_by__lt=timezone.localdate(), then=1), default=0)
    listed = plans.annotate(place_text=AsGeoJSON("geometry", precision=DIGITS), over=over).defer("geometry")
    table = shown(request, FacilityTable(listed.order_by("over", "request_by", "pk")))
    shapes = plan_features([row.record for row in table.page.object_list])
    return render(
        request,
        "web/facilities.html",
        {
            "form": form,
            "table": table,
            "shapes": shapes,
            "around": None if shapes["features"] else whereabouts(request.user),
            "may_publish": request.user.is_superuser or bool(request.user.organizations_as(Role.EDITOR)),
        },
    )


@members
def facility(request: MemberRequest, id: int) -> HttpResponse:
    """A plan with the space that it reserves: of what is protected only what this person may know the place of, as the
    plan would tell it."""
    plans = PlannedFacility.objects.visible_to(request.user).select_related("owner", "region")
    found = get_object_or_404(
        plans.defer("geometry").annotate(place_text=AsGeoJSON("geometry", precision=DIGITS)), pk=id
    )
    spaces = _reserved(request, found)
    places = asset_features(spaces)
    may_change = owned_writing.PLANS.may_change(found.owner_id, request.user)
    return render(
        request,
        "web/facility.html",
        {
            "facility": found,
            "stage": tag(found.stage, found.get_stage_display()),
            "facts": _facts(found),
            "is_open_to_wishes": found.request_by >= timezone.localdate(),
            "spaces": [(space, tag(space.status, space.get_status_display())) for space in spaces],
            "places_json": json.dumps(
                {**places, "features": [*plan_features([found])["features"], *places["features"]]}
            ),
            "may_change": may_change,
        },
    )


def asked_by(day: date) -> SafeString:
    """The last day to ask for space, marked once it is gone."""
    text = date_format(day, "SHORT_DATE_FORMAT")
    if day < timezone.localdate():
        return tag("refused", _("%(day)s, over") % {"day": text})
    return format_html('<span class="nowrap">{}</span>', text)


def _reserved(request: MemberRequest, of: PlannedFacility) -> QuerySet[Any]:
    known: Any = Asset.objects.visible_to(request.user).with_place_for(request.user)
    spaces: QuerySet[Any] = known.filter(planned_facility=of, place_is_exact=True)
    return spaces.defer("geometry", "masked_geometry").order_by("code", "pk")[:MOST_RESERVED]


def _facts(of: PlannedFacility) -> list[Fact]:
    days = (
        (_("Ask for space by"), of.request_by),
        (_("Design is frozen on"), of.design_freeze_on),
        (_("Construction starts on"), of.construction_starts_on),
        (_("Opens on"), of.opens_on),
    )
    return [
        Fact(_("Owner"), of.owner),
        Fact(_("Code"), of.code),
        Fact(_("Type"), of.get_facility_type_display()),
        Fact(_("Region"), of.region),
        *(Fact(name, date_format(day, "SHORT_DATE_FORMAT")) for name, day in days if day),
        *([Fact(_("How cost is shared"), of.cost_rule)] if of.cost_rule else []),
    ]
