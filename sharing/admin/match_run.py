from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.admin.base import ReadOnlyAdmin
from registry.tags import tag
from sharing import words
from sharing.models import MatchRun


@admin.register(MatchRun)
class MatchRunAdmin(ReadOnlyAdmin):
    """What the engine did with a list, and its figures."""

    list_display = ("number", "list", "status_tag", "progress_bar", "value", "bound", "gap_percent", "created_at")
    list_filter = ("status",)
    linked_by = ("list",)
    list_select_related = ("list",)
    search_fields = ("list__title__ilike",)
    search_help_text = gettext_lazy("Title of the list")
    ordering = ("-id",)
    fields = (
        "list",
        "status_tag",
        "progress_bar",
        "results",
        "value",
        "bound",
        "gap_percent",
        "shown_figures",
        "shown_parameters",
        "error",
        "created_at",
        "started_at",
        "finished_at",
    )

    @admin.display(description=gettext_lazy("run"))
    def number(self, run: MatchRun) -> str:
        return f"#{run.pk}"

    @admin.display(description=gettext_lazy("status"))
    def status_tag(self, run: MatchRun) -> str:
        return tag(run.status, run.get_status_display())

    @admin.display(description=gettext_lazy("progress"))
    def progress_bar(self, run: MatchRun) -> str:
        return format_html(
            '<progress class="progress" max="100" value="{}">{} %</progress>', run.progress, run.progress
        )

    @admin.display(description=gettext_lazy("gap to the bound"))
    def gap_percent(self, run: MatchRun) -> str:
        return "–" if run.gap is None else f"{100 * run.gap:.3f} %"

    @admin.display(description=gettext_lazy("results"))
    def results(self, run: MatchRun) -> str:
        links = [
            (reverse("admin:sharing_match_changelist") + f"?run__id__exact={run.pk}", _("Matches")),
            (reverse("admin:sharing_outcome_changelist") + f"?run__id__exact={run.pk}", _("Outcome of each demand")),
        ]
        return format_html_join(" · ", '<a class="link" href="{}">{}</a>', links)

    @admin.display(description=gettext_lazy("figures"))
    def shown_figures(self, run: MatchRun) -> str:
        return _table(run.figures)

    @admin.display(description=gettext_lazy("parameters"))
    def shown_parameters(self, run: MatchRun) -> str:
        return _table(run.parameters)


def _table(values: Any) -> str:
    rows = values.items() if isinstance(values, dict) else ()
    return (
        format_html_join(
            "",
            '<div class="fact"><span class="fact-name">{}</span> {}</div>',
            (
                (name.replace("_", " "), words.number(value) if isinstance(value, (int, float)) else str(value))
                for name, value in rows
            ),
        )
        or "–"
    )
