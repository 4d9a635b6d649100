from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation


class Negotiation(DefaultContentNegotiation):
    """A format that the address has not is 406 whether Accept or `?format=` names it."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> Any:
        fitting = [renderer for renderer in renderers if renderer.format == format]
        if not fitting:
            raise NotAcceptable
        return fitting


class JSONParser(parsers.JSONParser):
    """A body nested more deeply than Python reads is bad input, like one that is not JSON."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
