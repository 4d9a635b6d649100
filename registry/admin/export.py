"""The list of a changelist, as it is filtered, as a file in any format of the exports."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from registry.exports.files import attached
from registry.exports.formats import FORMATS, Format
from registry.exports.table import ExportRefused, Table


class ExportMixin:
    """Of an admin whose `export_tables` gives the rows of a queryset as tables that suit a format."""

    list_before_template = "registry/export.html"
    opts: Any
    admin_site: Any

    def export_tables(self, request: HttpRequest, queryset: Any, format: Format) -> Sequence[Table]:
        raise NotImplementedError

    def export_formats(self) -> list[Format]:
        """Those that suit the list."""
        return [format for format in FORMATS.values() if format.only in ("", str(self.opts.verbose_name_plural))]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<slug:name>/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export", args=["name"])
        links = [
            (format.suffix, f"{address.removesuffix('name/')}{format.name}/?{request.GET.urlencode()}")
            for format in self.export_formats()
        ]
        context = {"export_links": links, **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return response

    def export_view(self, request: HttpRequest, name: str) -> HttpResponse | FileResponse:
        """The rows that the changelist of the same address shows, on all its pages."""
        admin: Any = self
        format = next((format for format in self.export_formats() if format.name == name), None)
        if format is None:
            raise Http404
        if not admin.has_view_permission(request):
            raise PermissionDenied
        changelist = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            queryset = admin.get_changelist_instance(request).get_queryset(request)
            if queryset.count() > format.at_once:
                raise ExportRefused(
                    _("The list is too long for a page to wait for: filter it, or order it by the API.")
                )
            return attached(format, self.export_tables(request, queryset, format), f"{self.opts.model_name}s")
        except (ExportRefused, IncorrectLookupParameters) as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(f"{changelist}?{request.GET.urlencode()}")
