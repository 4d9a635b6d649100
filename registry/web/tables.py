"""What the tables of all pages share: a page at a time without counting all rows, sorted by the database."""

from typing import Any

import django_tables2
from django.http import HttpRequest
from django_tables2.config import RequestConfig

from registry.web.paging import Pages

PER_PAGE = 50


class Table(django_tables2.Table):
    """Columns are declared as in django-tables2. `order_by_field` of a column must be a column with an index when the
    list may hold the whole catalog."""

    class Meta:
        template_name = "web/table.html"
        attrs = {"class": "table"}
        default = "–"


def shown(request: HttpRequest, table: Any, *, per_page: int = PER_PAGE) -> Any:
    """The table at the page and order that the address asks for; how long a page is, it has no say in."""
    table = RequestConfig(request, paginate=False).configure(table)
    table.paginator = Pages(table.rows, per_page)
    table.page = table.paginator.get_page(request.GET.get(table.prefixed_page_field))
    return table
