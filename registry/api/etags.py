"""Entity tags (RFC 9110, 8.8.3): strong, of what this caller is shown, so that two views of one object differ."""

import hashlib
import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.problems import bad_header

TAG = re.compile(r'(?:W/)?"[^"]*"|\*')
IN_OTHER_FORM = re.compile(r'^"([0-9a-f]{32})-[a-z]+"$')


def etag_of(shown: Any, format: str = "json") -> str:
    """The tag of an object's whole representation: of what is shown, and of the format where it is not JSON."""
    text = json.dumps(shown, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    form = "" if format == "json" else f"-{format}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}{form}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match says that the caller has this already (weak comparison)."""
    tags = TAG.findall(request.headers.get("If-None-Match", ""))
    return "*" in tags or etag in [tag.removeprefix("W/") for tag in tags]


def tagged(request: Request, shown: Any) -> HttpResponseBase:
    """The object with its tag; 304 to who reads what they have already."""
    etag = etag_of(shown)
    if request.method in SAFE_METHODS and is_known(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    return Response(shown, headers={"ETag": etag})


def check_match(request: Request, etag: str) -> None:
    """Raises the problem 412 where If-Match names another state (strong comparison), in whichever format it was read.
    Call it under a lock."""
    stated = request.headers.get("If-Match")
    if stated is None:
        return
    tags = [IN_OTHER_FORM.sub(r'"\1"', tag) for tag in TAG.findall(stated)]
    if "*" not in tags and etag not in tags:
        raise bad_header(
            "If-Match", _("The object has changed since you read it: read it again."), "precondition_failed"
        )
