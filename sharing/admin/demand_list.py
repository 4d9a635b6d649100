from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import AutocompleteFilter, person
from registry.tags import tag
from sharing.admin.verbs import VerbMixin, standing_of
from sharing.models import Demand, DemandList
from sharing.workflow import lists
from sharing.workflow.rules import Verb, open_verbs


@admin.register(DemandList)
class DemandListAdmin(VerbMixin):
    """A party's lists; once submitted also before the regulators of its region. Only drafts change."""

    owner_field = "party"
    list_display = ("title", "party", "status_tag", "lines", "submitted_at", "created_at")
    list_filter = ("status", ("party", AutocompleteFilter))
    list_select_related = ("party",)
    search_fields = ("title__ilike",)
    search_help_text = gettext_lazy("Title")
    autocomplete_fields = ("party",)
    readonly_fields = ("status_tag", "lines", "runs", "created_by", "created_at", "submitted_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With the number of lines."""
        lines = (
            Demand.objects.filter(list=OuterRef("pk")).order_by().values("list").annotate(n=Count("pk")).values("n")
        )
        counted: models.QuerySet[Any] = super().get_queryset(request).annotate(line_count=Subquery(lines))
        return counted

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, demand_list: DemandList) -> str:
        return tag(demand_list.status, demand_list.get_status_display())

    @admin.display(description=gettext_lazy("lines"))
    def lines(self, demand_list: Any) -> str:
        """Their number, as a link to them."""
        url = reverse("admin:sharing_demand_changelist") + f"?list__id__exact={demand_list.pk}"
        return format_html('<a class="link" href="{}">{}</a>', url, demand_list.line_count or 0)

    @admin.display(description=gettext_lazy("runs"))
    def runs(self, demand_list: Any) -> str:
        url = reverse("admin:sharing_matchrun_changelist") + f"?list__id__exact={demand_list.pk}"
        return format_html('<a class="link" href="{}">{}</a>', url, _("Match runs of this list"))

    def get_fields(self, request: HttpRequest, obj: DemandList | None = None) -> Any:
        if obj is None:
            return ("party", "title")
        return ("party", "title", "status_tag", "lines", "runs", "created_by", "created_at", "submitted_at")

    def get_readonly_fields(self, request: HttpRequest, obj: DemandList | None = None) -> Any:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "party")

    def may_change(self, request: HttpRequest, obj: DemandList | None) -> bool:
        """What the workflow allows: a draft, to the party's editors."""
        user = person(request)
        if obj is None:
            return bool(user.organizations_as(self.needed_role))
        return Verb.EDIT in open_verbs(obj, standing_of(request))

    def has_delete_permission(self, request: HttpRequest, obj: DemandList | None = None) -> bool:
        """A list is closed, not deleted: its history stays."""
        return False

    def save_model(self, request: HttpRequest, obj: DemandList, form: Any, change: bool) -> None:
        """Lists are created and renamed by the workflow's verbs."""
        if change:
            lists.rename(obj, title=obj.title, actor=person(request))
            return
        made = lists.create(obj.party, title=obj.title, actor=person(request))
        for field in DemandList._meta.concrete_fields:
            setattr(obj, field.attname, getattr(made, field.attname))
        obj._state.adding = False
