"""Deadlines in templates: the registry's own days, in whatever time zone the page is written."""

from datetime import datetime

from django import template

from registry.tags import day_of

register = template.Library()


@register.filter
def deadline(moment: datetime | None) -> str:
    """Its last day; a dash where there is none."""
    return day_of(moment) if moment else "–"
