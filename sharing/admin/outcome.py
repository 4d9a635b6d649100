from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy

from registry.admin.base import ReadOnlyAdmin, person
from registry.models import Asset
from registry.tags import tag
from sharing import words
from sharing.admin.cobuild_group import group_link
from sharing.matching import describing
from sharing.models import Outcome


class ReasonFilter(admin.SimpleListFilter):
    """Why not, of the outcomes in sight, in words."""

    title = gettext_lazy("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        codes = model_admin.get_queryset(request).exclude(reason="").order_by().values_list("reason", flat=True)
        return sorted(((code, describing.reason(code)) for code in codes.distinct()), key=itemgetter(1))

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Outcome]) -> models.QuerySet[Outcome]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    """Why a demand was met, or not: how many assets were left at each stage, the nearest miss, and what would help."""

    list_display = ("demand", "run", "met_tag", "why", "shown_change")
    list_filter = ("met", ReasonFilter)
    linked_by = ("run", "demand")
    list_select_related = ("demand__list", "run__list")
    search_fields = ("demand__name__ilike", "run__list__title__ilike")
    search_help_text = gettext_lazy("Name of the demand or title of the list")
    ordering = ("-id",)
    fields = (
        "demand",
        "run",
        "met_tag",
        "why",
        "shown_funnel",
        "shown_miss",
        "shown_change",
        "shown_others",
        "shown_group",
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With the name of the nearest asset and the demand's co-build group, where the person may know of them."""
        found = super().get_object(request, object_id, from_field)
        asset = found.nearest_miss.get("asset")
        seen = Asset.objects.visible_to(person(request)).filter(pk=asset).only("code", "name")
        found.asset_names = {one.pk: str(one) for one in seen}
        found.group = group_link(found.demand_id, person(request))
        return found

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).select_related("demand__list", "run__list")

    @admin.display(description=gettext_lazy("met"))
    def met_tag(self, outcome: Outcome) -> str:
        return tag("granted", gettext_lazy("Met")) if outcome.met else tag("pending", gettext_lazy("Not met"))

    @admin.display(description=gettext_lazy("why"))
    def why(self, outcome: Outcome) -> str:
        return describing.reason(outcome.reason) if outcome.reason else "–"

    @admin.display(description=gettext_lazy("assets left at each stage"))
    def shown_funnel(self, outcome: Outcome) -> str:
        return (
            format_html_join("", '<div class="fact"><span class="fact-name">{}</span> {}</div>', words.funnel(outcome))
            or "–"
        )

    @admin.display(description=gettext_lazy("nearest miss"))
    def shown_miss(self, outcome: Any) -> str:
        return describing.nearest_asset_miss(outcome.nearest_miss, getattr(outcome, "asset_names", {})) or "–"

    @admin.display(description=gettext_lazy("build together"))
    def shown_group(self, outcome: Any) -> str:
        return getattr(outcome, "group", "") or "–"

    @admin.display(description=gettext_lazy("smallest change that would meet it"))
    def shown_change(self, outcome: Outcome) -> str:
        return words.change(outcome.change) or "–"

    @admin.display(description=gettext_lazy("other changes that would meet it"))
    def shown_others(self, outcome: Outcome) -> str:
        lines = ((words.change(change),) for change in outcome.other_changes)
        return format_html_join("", '<div class="fact">{}</div>', lines) or "–"
