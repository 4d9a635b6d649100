"""Nouns of one of the four kinds, which decides about their other fields."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.admin.base import RestrictedAdmin
from registry.kinds import KINDS, Kind, short


def kind_of(request: HttpRequest, obj: Any | None) -> str:
    """The kind of a row, or the one chosen for a new one; empty where none is."""
    chosen = obj.kind if obj else request.GET.get("kind", "")
    return chosen if chosen in KINDS else ""


class KindFirstAdmin(RestrictedAdmin):
    """Asks for the kind of a new row before all else. kind_question: in what words."""

    kind_question: str | Promise

    @admin.display(description=_("kind"))
    def kind_name(self, row: Any) -> str:
        name: str = row.get_kind_display()
        return short(name)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if kind_of(request, None) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "title": self.kind_question,
            "opts": self.opts,
            "kinds": [(code, Kind(code).label, facts.units) for code, facts in KINDS.items()],
        }
        return TemplateResponse(request, "registry/choose_kind.html", context)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What was chosen stays chosen."""
        if db_field.name == "kind" and (kind := kind_of(request, None)):
            kwargs["choices"] = [(kind, Kind(kind).label)]
        return super().formfield_for_dbfield(db_field, request, **kwargs)
