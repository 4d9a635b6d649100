from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import ReadOnlyAdmin
from sharing.models import Report


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """The monthly reports; their pages and files are on the site."""

    list_display = ("month", "organization", "made_at", "made_by")
    list_select_related = ("organization", "made_by")
    ordering = ("-month", "organization")
    fields = ("month", "organization", "made_at", "made_by", "page")

    @admin.display(description=gettext_lazy("report"))
    def page(self, report: Report) -> str:
        return format_html('<a class="link" href="{}">{}</a>', reverse("web:report", args=[report.pk]), _("Open"))
