"""That files leave, recorded before their answer does (Export)."""

import re
from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase

from registry.models import ApiToken, Export, User

NAME = re.compile(r'filename="?([^";]+)')
OWN = "/account/"
"""A person's own pages: what they take along from there is theirs."""

MADE_BEFORE = ("export-job-file",)
"""Views that hand out what was recorded when it was made (registry.exports.jobs)."""


class Recorded:
    """Around the view: whatever it hands out as a file is recorded by the one sign of it, so that no door forgets to.
    Where the record cannot be written, the answer is an error and tells nothing."""

    def __init__(self, get_response: Callable[[Any], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponseBase:
        response = self.get_response(request)
        name = NAME.search(response.headers.get("Content-Disposition", ""))
        view = request.resolver_match.view_name if request.resolver_match else ""
        if name is None or response.status_code != 200 or view in MADE_BEFORE:
            return response
        if isinstance(request.user, User) and not request.path.startswith(OWN):
            token = getattr(request, "auth", None)
            Export.objects.create(
                person=request.user,
                token=token if isinstance(token, ApiToken) else None,
                address=request.path[:200],
                filename=name[1][:200],
                parameters=request.GET.dict(),
            )
        return response
