"""The catalog: every asset that a person may know of, on a map and in a table beside it."""

from typing import Any

import django_tables2
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from registry.models import Asset
from registry.tags import tag
from registry.web.access import MemberRequest, members
from registry.web.tables import Table, shown


class AssetTable(Table):
    """In the order of their ids, the newest first: the one order that an index gives whatever the filter."""

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

    def render_free_today(self, record: Asset) -> SafeString:
        return format_html("{} / {} {}", record.free_today, record.capacity, record.facts.units)

    def render_code(self, record: Asset) -> SafeString:
        return format_html("{} {}", record.code, record.name)

    def render_status(self, record: Asset) -> SafeString:
        return tag(record.status, record.get_status_display())


@members
def assets(request: MemberRequest) -> HttpResponse:
    table = AssetTable(listed(Asset.objects.visible_to(request.user)))
    return render(request, "web/assets.html", {"table": shown(request, table)})


def listed(assets: QuerySet[Any]) -> QuerySet[Any]:
    return assets.select_related("owner", "region").order_by("-id")
