from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation


class Negotiation(DefaultContentNegotiation):
    """A format that the address has not is 406 whether Accept or `?format=` names it."""

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> Any:
        fitting = [renderer for renderer in renderers if renderer.format == format]
        if not fitting:
            raise NotAcceptable
        return fitting
