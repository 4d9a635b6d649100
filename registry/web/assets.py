"""The catalog: every asset that a person may know of, on a map and in a table beside it, by the same filters."""

from typing import Any

import django_tables2
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.asset_filters import may_leave_few
from registry.asset_writing import may_set_terms
from registry.kinds import Kind
from registry.models import Asset, Role, Sector, User
from registry.replicas import may_lag
from registry.search import are_few, id_to_sort_by
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.asset_filter_form import AssetFilterForm
from registry.web.places import asset_features
from registry.web.tables import Table, shown
from registry.web.whereabouts import whereabouts

MOST_PLACES = 2_000
"""Places that a map shows of a list that tiles cannot show."""
COLOURS: dict[str, Any] = {
    "kind": (_("Kind"), [(kind.value, kind.label) for kind in Kind]),
    "sector": (_("Owner's sector"), [(sector.value, sector.label) for sector in Sector]),
    "free": (
        _("Units free today"),
        [("none", _("None")), ("few", _("Less than half")), ("many", _("Half or more"))],
    ),
}
DOWNLOADS = (("csv", "CSV"), ("geojson", "GeoJSON"), ("xlsx", "XLSX"), ("gpkg", "GeoPackage"), ("shp", "Shapefile"))


class AssetTable(Table):
    """In the order of their ids, the newest first: the one order that an index gives whatever the filter."""

    choose = django_tables2.Column(accessor="pk", verbose_name=_("Choose"))
    code = django_tables2.Column(verbose_name=_("Asset"))
    kind = django_tables2.Column(verbose_name=_("Kind"))
    owner = django_tables2.Column(verbose_name=_("Owner"))
    region = django_tables2.Column(accessor="region__name", verbose_name=_("Region"))
    free_today = django_tables2.Column(
        verbose_name=_("Free today"), attrs={"td": {"class": "number"}, "th": {"class": "number"}}
    )
    status = django_tables2.Column(verbose_name=_("Status"))

    class Meta(Table.Meta):
        orderable = False
        caption = _("Assets")
        empty_text = _("No asset fits. Widen the filters, or import a file of yours.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """user: who may choose the assets whose terms they may set."""
        self.user = user
        manages = user.is_superuser or bool(user.organizations_as(Role.MANAGER))
        super().__init__(*args, exclude=() if manages else ("choose",), **kwargs)

    def render_choose(self, record: Asset) -> SafeString | str:
        if not may_set_terms(record.owner_id, self.user):
            return ""
        said = gettext("Choose %(asset)s") % {"asset": record}
        return format_html(
            '<input type="checkbox" form="terms" name="asset" value="{}" aria-label="{}">', record.pk, said
        )

    def render_free_today(self, record: Asset) -> SafeString:
        return format_html("{} / {} {}", record.free_today, record.capacity, record.facts.units)

    def render_code(self, record: Asset) -> SafeString:
        return format_html('<a href="{}">{}</a> {}', reverse("web:asset", args=[record.pk]), record.code, record.name)

    def render_status(self, record: Asset) -> SafeString:
        return tag(record.status, record.get_status_display())


@members
@may_lag
def assets(request: MemberRequest) -> HttpResponse:
    form = AssetFilterForm(request.GET)
    listed: Any = form.filtered(_known(request.user)).select_related("owner", "region")
    few = may_leave_few(form.given) and form.is_valid() and are_few(listed, together="q" in form.given)
    rows = (
        listed.order_by(id_to_sort_by().desc() if few else "-id")
        .without_place()
        .defer("geometry", "masked_geometry", "terms")
    )
    table = shown(request, AssetTable(rows, user=request.user))
    colour = request.GET.get("colour", "kind")
    return render(
        request,
        "web/assets.html",
        {
            "table": table,
            "form": form,
            "colour": colour if colour in COLOURS else "kind",
            "colours": COLOURS,
            "downloads": DOWNLOADS,
            # A list that tiles cannot show tells where it is itself, as does a link to a view.
            "around": whereabouts(request.user) if form.tiles_suffice and "map" not in request.GET else None,
            "may_set_terms": "choose" not in table.exclude,
            "may_list": request.user.is_superuser or bool(request.user.organizations_as(Role.EDITOR)),
        },
    )


@members
@may_lag
def asset_places(request: MemberRequest) -> HttpResponse:
    """The first places of the filtered list as GeoJSON, for the map; `truncated` says that there are more."""
    found = AssetFilterForm(request.GET).filtered(_known(request.user)).order_by("-id")[: MOST_PLACES + 1]
    places = asset_features(found)
    truncated = len(places["features"]) > MOST_PLACES
    return JsonResponse({**places, "features": places["features"][:MOST_PLACES], "truncated": truncated})


def _known(user: User) -> QuerySet[Any]:
    """With the place that the reader may know, which all filters by place use."""
    known: QuerySet[Any] = Asset.objects.visible_to(user).with_place_for(user)
    return known
