"""Where a page says what to come back to."""

from typing import Any

from django import template

from registry.whence import page_of

register = template.Library()


@register.simple_tag(takes_context=True)
def this_page(context: Any) -> str:
    """The address of the page that is written, or of the one that what it answers was sent from."""
    return page_of(context["request"])
