"""Planned facilities published, changed and withdrawn by their owners' editors."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from registry import owned_writing
from registry.errors import NotYours
from registry.models import PlannedFacility, User
from registry.seen_at import SeenAtForm
from registry.web.access import MemberRequest, members
from registry.web.asset_form import organizations_of
from registry.web.forms import DayInput, RegionField, RowForm, place_field
from registry.web.whereabouts import whereabouts

DATES = ("request_by", "design_freeze_on", "construction_starts_on", "opens_on")


class FacilityForm(SeenAtForm, RowForm):
    region = RegionField(help_text=gettext_lazy("Such as 420102."))
    geometry = place_field()

    field_of = {"facility_code_is_unique_to_owner": "code", "facility_asks_before_it_opens": "request_by"}
    instance: PlannedFacility

    class Meta:
        model = PlannedFacility
        fields = ("owner", "code", "name", "facility_type", "stage", "region", "geometry", *DATES, "cost_rule")
        widgets = {**dict.fromkeys(DATES, DayInput), "cost_rule": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["owner"]
            return
        own = organizations_of(user)
        self.fields["owner"].queryset = own  # type: ignore[attr-defined]
        if len(own) == 1:
            self.initial.setdefault("owner", own[0].pk)

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Headings with their fields, in the order of reading; the place apart, as it stands beside its map."""
        known = (
            (_("What it is"), ("owner", "code", "name", "facility_type", "stage")),
            (_("Dates"), DATES),
            (_("Cost"), ("cost_rule",)),
        )
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in known]


@members
@require_http_methods(["GET", "HEAD", "POST"])
def new_facility(request: MemberRequest) -> HttpResponse:
    """Another plan."""
    if not organizations_of(request.user).exists():
        raise PermissionDenied(_("Plans are published by the editors of an organization: ask a manager of yours."))
    form = FacilityForm(request.POST or None, user=request.user)
    if request.method == "POST":
        made = _written(form, lambda: owned_writing.PLANS.create(form.cleaned_data, actor=request.user))
        if made:
            messages.success(request, _("%(plan)s is published. Reserve space in it next.") % {"plan": made})
            return HttpResponseRedirect(_address(made.pk))
    return _page(request, form)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def edit_facility(request: MemberRequest, id: int) -> HttpResponse:
    """A plan, to change."""
    with transaction.atomic():
        plan = _own(request, id, lock=request.method == "POST")
        name = str(plan)
        form = FacilityForm(request.POST or None, instance=plan, user=request.user)
        written = None
        if request.method == "POST":
            written = _written(
                form,
                lambda: owned_writing.PLANS.change(
                    plan, {field: form.cleaned_data[field] for field in form.changed_data}, actor=request.user
                ),
            )
    if written:
        messages.success(request, _("%(plan)s is changed.") % {"plan": written})
        return HttpResponseRedirect(_address(id))
    return _page(request, form, name)


@members
@require_POST
def delete_facility(request: MemberRequest, id: int) -> HttpResponse:
    """Withdraws a plan, while no space is reserved in it."""
    try:
        with transaction.atomic():
            plan = _own(request, id, lock=True)
            owned_writing.PLANS.delete(plan, actor=request.user)
    except ProtectedError:
        messages.error(request, _("Space is reserved in it: take those assets out of the plan first."))
        return HttpResponseRedirect(reverse("web:facility-edit", args=[id]))
    messages.success(request, _("%(plan)s is withdrawn.") % {"plan": plan})
    return HttpResponseRedirect(reverse("web:facilities"))


def _own(request: MemberRequest, id: int, *, lock: bool = False) -> PlannedFacility:
    """Raises Http404 for what does not exist, PermissionDenied for what is for others to change."""
    plans = PlannedFacility.objects.visible_to(request.user)
    if lock:
        plans = plans.select_for_update(no_key=True)
    found = get_object_or_404(plans, pk=id)
    if not owned_writing.PLANS.may_change(found.owner_id, request.user):
        raise PermissionDenied(_("The editors of %(owner)s change this plan.") % {"owner": found.owner})
    return found


def _written(form: FacilityForm, write: Callable[[], PlannedFacility]) -> PlannedFacility | None:
    """The plan; None where the form is at fault, and now says so."""
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            return write()
    except NotYours as refusal:
        form.add_error(refusal.field, refusal.message)
    except IntegrityError as error:
        form.add_refusal(error)
    return None


def _address(id: int) -> str:
    return reverse("web:facility", args=[id])


def _page(request: MemberRequest, form: FacilityForm, name: str = "") -> HttpResponse:
    plan = form.instance if form.instance.pk else None
    around = None if plan else whereabouts(request.user)
    context = {"form": form, "facility": plan, "name": name, "shape": "any", "around": around}
    return render(request, "web/facility_form.html", context, status=400 if form.is_bound else 200)
