from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation

from registry.api.problems import Problem

MOST_VALUES = 1_000_000  # 5,000 lines of sixty corners
SEPARATORS = (b",", b"[", b"{")


class Negotiation(DefaultContentNegotiation):
    """A format that the address has not is 406 whether Accept or `?format=` names it."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> Any:
        fitting = [renderer for renderer in renderers if renderer.format == format]
        if not fitting:
            raise NotAcceptable
        return fitting


class JSONParser(parsers.JSONParser):
    """Refuses what would take more memory than a call may before it is read: more than DATA_UPLOAD_MAX_MEMORY_SIZE
    bytes, and more than MOST_VALUES values, as each takes many times the bytes that state it. A body nested more
    deeply than Python reads is bad input, like one that is not JSON."""

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        # Django measures what is asked of a request as its body, and not what is read of it as of a file.
        body: bytes = stream.body if isinstance(stream, HttpRequest) else stream.read()
        if sum(map(body.count, SEPARATORS)) > MOST_VALUES:
            said = _("The body holds more than %(most)s values: send it in parts, and simplify places.")
            raise Problem("too_large", said % {"most": f"{MOST_VALUES:,}"})
        try:
            return super().parse(BytesIO(body), *args, **kwargs)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
