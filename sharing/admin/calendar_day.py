from django.contrib import admin
from django.utils.translation import gettext_lazy

from registry.admin.base import RestrictedAdmin, RestrictedForm
from sharing.models import CalendarDay
from sharing.refusals import SENTENCES


class CalendarDayForm(RestrictedForm):
    sentences = SENTENCES


@admin.register(CalendarDay)
class CalendarDayAdmin(RestrictedAdmin):
    """The days by which deadlines count: every party reads them, superusers keep them."""

    form = CalendarDayForm
    list_display = ("day", "name", "calendar", "working")
    list_filter = ("calendar", "working")
    search_fields = ("name__ilike",)
    search_help_text = gettext_lazy("Name")
    ordering = ("-day",)
