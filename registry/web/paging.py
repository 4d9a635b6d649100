"""A page of a list at a time, without counting all its rows."""

from typing import Any

from django.core.paginator import EmptyPage, InvalidPage, Page
from django_tables2 import LazyPaginator

LAST_PAGE = 10**9
"""Beyond it PostgreSQL could not count the rows to leave out."""


class Pages(LazyPaginator):  # type: ignore[misc]
    """Whose page that is not there, or no longer, is the first one."""

    def validate_number(self, number: Any) -> int:
        """Raises InvalidPage for what is no page's number."""
        number = super().validate_number(number)
        if number > LAST_PAGE:
            raise EmptyPage
        return int(number)

    def get_page(self, number: Any) -> Page[Any]:
        """The page of that number, as the address says it."""
        try:
            page: Page[Any] = self.page(number)
        except InvalidPage:
            page = self.page(1)
        return page
