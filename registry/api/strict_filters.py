"""Filters of the API: what is not known, or makes no sense, is an error."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from registry.api.downloads import CRS
from registry.api.pagination import CURSOR, LIMIT, ORDERING
from registry.api.problems import Problem, bad_parameter
from registry.filters import FilterRefused

# Parameters of lists that are no filters.
OTHERS = frozenset({CURSOR, LIMIT, ORDERING, CRS, "fields", "format"})


class StrictFilterBackend(filters.DjangoFilterBackend):
    """A misspelt or senseless parameter is an error: it would otherwise return what was not asked for."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        known = set(type(filterset).base_filters) if filterset is not None else set()
        errors = [
            {"parameter": name, "code": "unknown_parameter", "detail": _("There is no such parameter here.")}
            for name in request.query_params
            if name not in known | OTHERS
        ]
        if filterset is not None and not filterset.is_valid():
            for name, faults in filterset.form.errors.as_data().items():
                errors += [
                    {"parameter": name, "code": fault.code or "invalid", "detail": " ".join(fault.messages)}
                    for fault in faults
                ]
        if errors:
            raise Problem("bad_input", errors[0]["detail"], errors=errors)
        try:
            return filterset.qs if filterset is not None else queryset
        except FilterRefused as refused:
            raise bad_parameter(refused.parameter, refused.reason) from refused
