from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from registry import place_granting
from registry.admin.base import AutocompleteFilter, RestrictedAdmin, RestrictedForm, person
from registry.errors import NotYours, WrongState
from registry.models import PlaceGrant, Role


class PlaceGrantForm(RestrictedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        region = cleaned.get("region")
        try:
            if region:
                place_granting.check(region, self.instance.granted_by)
        except NotYours as refusal:
            self.add_error(refusal.field, ValidationError(refusal.message, code=refusal.code))
        return cleaned


@admin.register(PlaceGrant)
class PlaceGrantAdmin(RestrictedAdmin):
    """Which bodies may see protected places, where and until when: given and withdrawn by regulators."""

    form = PlaceGrantForm
    list_display = ("organization", "region", "starts_on", "ends_on", "reason", "granted_by", "withdrawn_at")
    list_filter = (("organization", AutocompleteFilter),)
    list_select_related = ("organization", "region", "granted_by")
    autocomplete_fields = ("organization", "region")
    search_fields = ("organization__name__ilike", "reason__ilike")
    search_help_text = _("Organization, or reason")
    ordering = ("-id",)
    fields = ("organization", "region", "starts_on", "ends_on", "reason")
    actions = ("withdraw",)

    def may_change(self, request: HttpRequest, obj: Any | None) -> bool:
        """Whether the person gives sight somewhere; a grant that exists is not changed."""
        user = person(request)
        return obj is None and (user.is_superuser or bool(user.regulated and user.organizations_as(Role.MANAGER)))

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return self.may_change(request, None)

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Knows who grants, since that decides where."""
        form: Any = super().get_form(request, obj, change, **kwargs)

        class Granting(form):  # type: ignore[misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.instance.granted_by = person(request)

        return Granting

    @admin.action(description=_("Withdraw at once"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = 0
        for grant in queryset:
            try:
                place_granting.withdraw(grant, actor=person(request))
                count += 1
            except (NotYours, WrongState) as refusal:
                messages.warning(request, f"{grant}: {refusal.message}")
        if count:
            text = ngettext("%(count)d grant is withdrawn.", "%(count)d grants are withdrawn.", count)
            messages.success(request, text % {"count": count})
