"""What each request shows of exact places, recorded before its answer leaves (registry.models.looking)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

from registry.models.looking import Look, looking
from registry.models.sight import Way


class Recorded:
    """Around the view, so that an answer whose record fails is an error and tells no place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with looking(Look(way_of(request.path))) as look:
            response: Any = self.get_response(request)
        # A FileResponse hands out what was made before.
        if response.streaming and not isinstance(response, FileResponse):
            response.streaming_content = _streamed(look, response.streaming_content)
        return response  # type: ignore[no-any-return]


def way_of(path: str) -> Way:
    """By the address alone: none that is added later is without a way."""
    if path.startswith("/ogc/"):
        return Way.TILE if "/tiles/" in path else Way.MAP
    if path.startswith("/api/"):
        return Way.API
    return Way.ADMIN if path.startswith("/admin/") else Way.PAGE


def _streamed(look: Look, content: Iterable[bytes]) -> Iterator[bytes]:
    """What is read while an answer is on its way is recorded before that part of it leaves."""
    look.way, look.at_once = Way.FILE, True
    with looking(look):
        yield from content
