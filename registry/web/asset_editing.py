"""Assets listed and changed on the site, one at a time; many at once come as files (imports)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry import asset_writing, owned_writing
from registry.errors import NotYours
from registry.kinds import KINDS, Kind
from registry.models import Asset, PlannedFacility
from registry.search import is_id
from registry.web.access import MemberRequest, members
from registry.web.asset_form import AssetForms, heading, organizations_of, reserved_in
from registry.web.places import DIGITS, plan_features
from registry.web.whereabouts import whereabouts


@members
@require_safe
def choose_kind(request: MemberRequest) -> HttpResponse:
    """What kind of asset is to be listed."""
    _refuse_whoever_lists_nothing(request)
    kinds = [(code, Kind(code).label, facts.units, facts.geometry) for code, facts in KINDS.items()]
    return render(request, "web/asset_kinds.html", {"kinds": kinds, "facility": _facility(request)})


@members
@require_http_methods(["GET", "HEAD", "POST"])
def new_asset(request: MemberRequest, kind: str) -> HttpResponse:
    """Another asset. `facility` in the address: of the space that this plan reserves."""
    if kind not in KINDS:
        raise Http404
    _refuse_whoever_lists_nothing(request)
    facility = _facility(request)
    initial = reserved_in(facility) if facility else None
    forms = AssetForms(request.POST or None, kind=kind, user=request.user, initial=initial)
    if request.method == "POST":
        made = _written(forms, lambda: asset_writing.create(forms.new_values(), actor=request.user))
        if made:
            messages.success(request, _("%(asset)s is listed.") % {"asset": made})
            return HttpResponseRedirect(reverse("web:asset", args=[made.pk]))
    return _page(request, forms, facility=facility)


@members
@require_http_methods(["GET", "HEAD", "POST"])
def edit_asset(request: MemberRequest, id: int) -> HttpResponse:
    """An asset, to change."""
    if request.method != "POST":
        asset = _own(request, id)
        return _page(request, AssetForms(None, kind=asset.kind, user=request.user, asset=asset), asset)
    with transaction.atomic():
        asset = _own(request, id, lock=True)
        shown = _own(request, id)
        forms = AssetForms(request.POST, kind=asset.kind, user=request.user, asset=asset)
        written = _written(forms, lambda: asset_writing.change(asset, forms.changed_values(), actor=request.user))
    if written:
        messages.success(request, _("%(asset)s is changed.") % {"asset": written})
        return HttpResponseRedirect(reverse("web:asset", args=[id]))
    return _page(request, forms, shown)


@members
@require_POST
def delete_asset(request: MemberRequest, id: int) -> HttpResponse:
    """Takes an asset off the registry, while nothing refers to it."""
    try:
        with transaction.atomic():
            asset = _own(request, id, lock=True)
            name = str(asset)
            asset_writing.delete(asset, actor=request.user)
    except ProtectedError:
        messages.error(
            request, _("Its ledger, matches or disclosures refer to it: set it out of service instead of removing it.")
        )
        return HttpResponseRedirect(reverse("web:asset-edit", args=[id]))
    messages.success(request, _("%(asset)s is off the registry.") % {"asset": name})
    return HttpResponseRedirect(reverse("web:assets"))


def _own(request: MemberRequest, id: int, *, lock: bool = False) -> Asset:
    """Raises Http404 for what this person may not know of, PermissionDenied for what is for others to change."""
    known = Asset.objects.visible_to(request.user)
    seen = get_object_or_404(known.select_related("owner", "region", "planned_facility"), pk=id)
    if not asset_writing.may_change(seen.owner_id, request.user):
        raise PermissionDenied(_("The editors of %(owner)s change this asset.") % {"owner": seen.owner})
    try:
        return asset_writing.lock(id) if lock else seen
    except Asset.DoesNotExist as removed:
        raise Http404 from removed


def _written(forms: AssetForms, write: Callable[[], Asset]) -> Asset | None:
    """The asset; None where the forms are at fault, and now say so."""
    if not forms.is_valid():
        return None
    try:
        with transaction.atomic():
            return write()
    except (IntegrityError, NotYours) as refusal:
        forms.add_refusal(refusal)
    return None


def _facility(request: MemberRequest) -> PlannedFacility | None:
    """The plan that the address names, one that this person may add space to; any other is as absent as none."""
    given = request.GET.get("facility", "")
    if not given:
        return None
    plans = PlannedFacility.objects.visible_to(request.user).select_related("region")
    plans = plans.annotate(place_text=AsGeoJSON("geometry", precision=DIGITS)).defer("geometry")
    found = plans.filter(pk=int(given)).first() if is_id(given) else None
    if found is None or not owned_writing.PLANS.may_change(found.owner_id, request.user):
        raise Http404
    return found


def _refuse_whoever_lists_nothing(request: MemberRequest) -> None:
    if not organizations_of(request.user).exists():
        raise PermissionDenied(_("Assets are listed by the editors of an organization: ask a manager of yours."))


def _around(request: MemberRequest, asset: Asset | None, facility: PlannedFacility | None) -> Any:
    """Where the map of a new asset begins: at the plan that it lies in, else at what is theirs."""
    if facility:
        return plan_features([facility])
    return None if asset else whereabouts(request.user)


def _page(
    request: MemberRequest, forms: AssetForms, asset: Asset | None = None, facility: PlannedFacility | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "forms": forms,
        "asset": asset,
        "facility": facility,
        "heading": heading(forms, asset),
        "around": _around(request, asset, facility),
        "shape": "line" if KINDS[forms.kind].is_route else "point",
        "kept_by_managers": asset is not None and "protection" not in forms.asset.fields,
    }
    return render(request, "web/asset_form.html", context, status=400 if forms.is_bound else 200)
