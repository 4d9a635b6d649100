"""Pages by the last row seen (keyset): nothing is skipped or told twice while others write, and the 10,000th page is
found as fast as the first."""

import base64
import binascii
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from registry.api.problems import bad_parameter
from registry.search import are_few, id_to_sort_by

CURSOR, LIMIT, ORDERING = "cursor", "limit", "ordering"
TEXT = "q"
DEFAULT_LIMIT, MOST = 100, 1000
SIDES = {"gt": GreaterThan, "lt": LessThan}


class KeysetPagination(BasePagination):
    """A page of a list in the order of one column and, among equals, of the id.

    The view's `orderings` are the columns that may be chosen, the default first: indexed or few, and never null.
    A cursor is the ordering and the values of the last row, as base64 of JSON.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request, self.limit = request, limit_of(request)
        self.name, self.descending = ordering_of(request, view.orderings)
        self.field = _column(queryset, self.name)
        filters = view.filters_given()
        few = view.may_leave_few(filters) and are_few(queryset, together=TEXT in filters)
        rows = ordered(queryset, self.name, self.descending)
        if few and self.field.primary_key:
            rows = rows.order_by(id_to_sort_by().desc() if self.descending else id_to_sort_by().asc())
        cursor = request.query_params.get(CURSOR)
        if cursor is not None:
            rows = rows.filter(self._after(cursor, rarely=few))
        # One more than the page tells whether there is a next one.
        page = list(rows[: self.limit + 1])
        self.has_next = len(page) > self.limit
        self.page = page[: self.limit]
        return self.page

    def cut(self, count: int) -> list[Any]:
        """The page, of its first rows alone."""
        self.has_next = self.has_next or count < len(self.page)
        self.page = self.page[:count]
        return self.page

    def next_link(self) -> str | None:
        """The address of the next page, or None on the last."""
        if not self.has_next:
            return None
        last = self.page[-1]
        pk, value = (last["id"], last[self.name]) if isinstance(last, dict) else (last.pk, getattr(last, self.name))
        text = json.dumps([self._stated(), self.field.value_to_string(_Holder(self.field, value)), pk])
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return replace_query_param(self.request.build_absolute_uri(), CURSOR, cursor)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_link(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "The next page; null on the last.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [ordering.removeprefix("-") for ordering in view.orderings]
        orderings = [sign + name for name in names for sign in ("", "-")]
        return [
            {
                "name": LIMIT,
                "in": "query",
                "description": "Rows of a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
            },
            {
                "name": CURSOR,
                "in": "query",
                "description": "Where the page begins, as the `next` of the page before has it.",
                "schema": {"type": "string"},
            },
            {
                "name": ORDERING,
                "in": "query",
                "description": "The order of rows; a minus sign turns it round.",
                "schema": {"type": "string", "enum": orderings, "default": view.orderings[0]},
            },
        ]

    def _after(self, cursor: str, *, rarely: bool) -> Q:
        """Rows behind the one that the cursor names. rarely: other filters leave few rows, so that PostgreSQL should
        not read the index of ids from here to its end as well."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            stated, text, pk = json.loads(base64.urlsafe_b64decode(padded.encode("ascii", "strict")))
            if (
                stated != self._stated()
                or not isinstance(text, str)
                or not isinstance(pk, int)
                or pk.bit_length() > 63
            ):
                raise ValueError(stated)
            value = self.field.to_python(text)
        except (ValueError, TypeError, binascii.Error, ValidationError, UnicodeError, OverflowError) as error:
            raise bad_parameter(CURSOR, _("This is no cursor of this list in this order.")) from error
        side = "lt" if self.descending else "gt"
        if self.field.primary_key:
            return Q(SIDES[side](id_to_sort_by(), pk)) if rarely else Q(**{f"pk__{side}": pk})
        # The first condition is what an index serves.
        further = Q(**{f"{self.name}__{side}": value}) | Q(**{f"pk__{side}": pk})
        return Q(**{f"{self.name}__{side}e": value}) & further

    def _stated(self) -> str:
        return f"-{self.name}" if self.descending else self.name


class _Holder:
    """What Field.value_to_string reads a value from."""

    def __init__(self, field: Any, value: Any) -> None:
        setattr(self, field.attname, value)


def ordered(queryset: QuerySet[Any], name: str, descending: bool) -> QuerySet[Any]:
    sign = "-" if descending else ""
    return queryset.order_by(*dict.fromkeys([f"{sign}{name}", f"{sign}id"]))


def limit_of(request: Request) -> int:
    text = request.query_params.get(LIMIT, str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise bad_parameter(LIMIT, _("A number from 1 to %(most)d.") % {"most": MOST})
    return int(text)


def ordering_of(request: Request, orderings: tuple[str, ...]) -> tuple[str, bool]:
    """The chosen column, and whether it descends."""
    stated = request.query_params.get(ORDERING, orderings[0])
    name = stated.removeprefix("-")
    if name not in {ordering.removeprefix("-") for ordering in orderings}:
        raise bad_parameter(ORDERING, _("One of: %(names)s.") % {"names": ", ".join(orderings)})
    return name, stated.startswith("-")


def _column(queryset: QuerySet[Any], name: str) -> Any:
    model: type[Model] = queryset.model
    return model._meta.get_field(name)
