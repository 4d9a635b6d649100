"""The inventory of assets by level of protection, as a table and as files; and its filing by the owner's managers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from registry.kinds import Kind
from registry.models import Organization, Role
from registry.web.access import MemberRequest, members
from registry.web.tables import shown
from sharing.errors import NotYours
from sharing.models import Inventory
from sharing.monitoring import files, inventory
from sharing.monitoring.breakdowns import level_name
from sharing.web.monitoring import FORMS, file_of, table_of


@require_safe
@members
def inventory_page(request: MemberRequest) -> HttpResponse:
    """What there is, and the last inventory of each owner that the person manages."""
    owners = Organization.objects.filter(pk__in=request.user.organizations_as(Role.MANAGER), assets__isnull=False)
    filed = {one.organization_id: one for one in _latest(owners)}
    context = {
        "table": shown(request, table_of(inventory.inventory(request.user), _("There is no asset to count yet."))),
        "files": [(form, reverse("web:inventory-file", args=[form])) for form in FORMS],
        "owners": [(owner, filed.get(owner.pk)) for owner in owners.distinct()],
    }
    return render(request, "web/inventory.html", context)


@require_safe
@members
def inventory_of(request: MemberRequest, pk: int) -> HttpResponse:
    """One that was filed, beside what there is today."""
    seen = Inventory.objects.visible_to(request.user).select_related("organization", "taken_by")
    found = get_object_or_404(seen, pk=pk)
    context = {
        "inventory": found,
        "rows": [
            (level_name(level), Kind(kind).label, n)
            for level, kinds in found.counts.items()
            for kind, n in kinds.items()
        ],
        "changes": [
            (level_name(one["level"]), Kind(one["kind"]).label, one["before"], one["now"])
            for one in inventory.changes_today(found)
        ],
        "is_manager": found.organization_id in request.user.organizations_as(Role.MANAGER),
    }
    return render(request, "web/inventory_of.html", context)


@require_safe
@members
def inventory_file(request: MemberRequest, form: str) -> HttpResponseBase:
    """The same as a file."""
    if form not in FORMS:
        raise Http404
    return file_of(form, files.of_drill("inventory", inventory.inventory(request.user)), "inventory")


@require_POST
@members
def inventory_take(request: MemberRequest, code: str) -> HttpResponse:
    """Files the inventory of an organization as it stands."""
    owner = get_object_or_404(Organization, code=code)
    try:
        taken = inventory.take(owner, actor=request.user)
    except NotYours as refusal:
        raise PermissionDenied(refusal.message) from refusal
    messages.success(request, _("The inventory is taken. Growth is held against it from now on."))
    return HttpResponseRedirect(reverse("web:inventory-of", args=[taken.pk]))


def _latest(owners: Any) -> Any:
    rows = Inventory.objects.filter(organization__in=owners)
    return rows.order_by("organization_id", "-pk").distinct("organization_id").select_related("taken_by")
