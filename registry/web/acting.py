"""Who a request is of, told to the triggers that note changes (registry.models.acting)."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase

from registry.models.acting import acting


class Noted:
    """Around the view, inside which the session is read."""

    def __init__(self, get_response: Callable[[Any], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        with acting(lambda: request.user.pk):
            return self.get_response(request)
