"""Addresses of pages that hold what is not text."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from registry.web.access import FOR_PROGRAMS


class Required:
    """PostgreSQL's text holds no NUL, so that a page that looked for one would fail. Programs are told which field is
    at fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Raises BadRequest."""
        told = request.path_info + request.META.get("QUERY_STRING", "").replace("%00", "\x00")
        if "\x00" in told and not request.path_info.startswith(FOR_PROGRAMS):
            raise BadRequest("NUL in the address")
        return self.get_response(request)
