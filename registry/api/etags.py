"""Entity tags (RFC 9110, 8.8.3): strong, of what this caller is shown, so that two views of one object differ."""

import hashlib
import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from rest_framework.request import Request

from registry.api.problems import bad_header

TAG = re.compile(r'(?:W/)?"[^"]*"|\*')


def etag_of(shown: Any) -> str:
    """The tag of an object's representation."""
    text = json.dumps(shown, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match says that the caller has this already (weak comparison)."""
    tags = TAG.findall(request.headers.get("If-None-Match", ""))
    return "*" in tags or etag in [tag.removeprefix("W/") for tag in tags]


def check_match(request: Request, etag: str) -> None:
    """Raises the problem 412 where If-Match names another state (strong comparison). Call it under a lock."""
    stated = request.headers.get("If-Match")
    if stated is None:
        return
    tags = TAG.findall(stated)
    if "*" not in tags and etag not in tags:
        raise bad_header(
            "If-Match", _("The object has changed since you read it: read it again."), "precondition_failed"
        )
