"""Calls of programs that came without TLS: refused aloud, where a browser would be led on to https."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from registry import security
from registry.web.access import FOR_PROGRAMS

CODE = "in_clear"
DETAIL = "This was sent in clear, for anybody on the way to read: call https://, and revoke the token if one was sent."


class RefuseCalls:
    """A redirect would hide from a program, whose calls go on to succeed, that it shows its token to the net."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.SECURE_SSL_REDIRECT or request.is_secure() or not request.path_info.startswith(FOR_PROGRAMS):
            return self.get_response(request)
        security.note("address_in_clear", request, with_token="Authorization" in request.headers)
        problem = {
            "type": f"urn:infrashare:problem:{CODE}",
            "title": "Without TLS nothing is answered here",
            "status": 403,
            "detail": DETAIL,
            "instance": request.path,
            "code": CODE,
        }
        return HttpResponse(json.dumps(problem), status=403, content_type="application/problem+json")
