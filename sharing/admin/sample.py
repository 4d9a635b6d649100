from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import ReadOnlyAdmin
from sharing.models import Sample
from sharing.monitoring.samples import region_of
from sharing.shown.sample import criteria


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    """The samples drawn; their rows are on the site."""

    list_display = ("drawn_at", "frame", "size", "frame_size", "seed", "organization", "drawn_by")
    list_filter = ("frame",)
    list_select_related = ("organization", "drawn_by")
    ordering = ("-id",)
    fields = ("drawn_at", "drawn_by", "organization", "frame", "shown_criteria", "seed", "size", "frame_size", "page")

    @admin.display(description=gettext_lazy("criteria"))
    def shown_criteria(self, sample: Sample) -> str:
        return _("; ").join(
            _("%(name)s: %(value)s") % {"name": name, "value": value}
            for name, value in criteria(sample, region_of(sample))
        )

    @admin.display(description=gettext_lazy("rows"))
    def page(self, sample: Sample) -> str:
        return format_html('<a class="link" href="{}">{}</a>', reverse("web:sample", args=[sample.pk]), _("Open"))
