"""Idempotency-Key on every unsafe call (draft-ietf-httpapi-idempotency-key-header): same key, same answer.

The key's row is inserted before the handler runs and committed with what the handler wrote. A second call with the key
waits on the unique row until the first has committed, and then reads the answer; where the first broke down, it is the
first itself.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.problems import bad_header
from registry.models import IdempotentCall
from registry.models.idempotent_call import KEPT_FOR

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
REPLAYED = "Idempotency-Replayed"
# Of a replayed answer; the rest is the connection's own.
KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After")

Answer = Callable[[], Response]


def once(request: Request, answer: Answer) -> HttpResponse:
    """What `answer` returns, rendered; or what it returned before under the same key.

    `answer` turns its own refusals into responses and has undone what they wrote. An error of the registry's own (5xx)
    is not kept, so that the call can be tried again.
    """
    key = request.headers.get(HEADER)
    # Nobody in particular has no keys; where one may call at all, nothing is written.
    if key is None or not request.user.is_authenticated:
        return answer()
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise bad_header(HEADER, _("A key has 1 to 255 printable characters."))
    user_id: Any = request.user.pk
    digest = digest_of(request)
    with transaction.atomic():
        kept = _begin(user_id, key, digest)
        if kept is not None:
            return _replay(kept, digest)
        response = answer()
        if response.status_code >= 500:
            transaction.set_rollback(True)
        else:
            _keep(user_id, key, response)
    return response


def digest_of(request: Request) -> str:
    """SHA-256 of method, address and body; of an upload, of its parts, which may be too large for memory."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not (request.content_type or "").startswith("multipart/"):
        digest.update(request._request.body)
        return digest.hexdigest()
    parts: Any = request.data
    for name, values in sorted(parts.lists()):
        for value in values:
            digest.update(f"\n{name}=".encode())
            for chunk in _chunks(value):
                digest.update(chunk)
    return digest.hexdigest()


def _chunks(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return [str(value).encode()]
    return value.chunks()


def _begin(user_id: int, key: str, digest: str) -> IdempotentCall | None:
    """None when the key is this call's now, else the call that had it."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO registry_idempotentcall (user_id, key, request_digest, status, headers, body, created_at)
            VALUES (%(user)s, %(key)s, %(digest)s, 0, '{}', '', %(now)s)
            ON CONFLICT (user_id, key) DO UPDATE
                SET request_digest = excluded.request_digest, status = 0, headers = '{}', body = '',
                    created_at = excluded.created_at
                WHERE registry_idempotentcall.created_at <= %(forgotten)s
            RETURNING id
            """,
            {"user": user_id, "key": key, "digest": digest, "now": now, "forgotten": now - KEPT_FOR},
        )
        if cursor.fetchone():
            return None
    return IdempotentCall.objects.get(user_id=user_id, key=key)


def _replay(kept: IdempotentCall, digest: str) -> HttpResponse:
    if kept.request_digest != digest:
        raise bad_header(HEADER, _("This key was used for another request: take a new one."), "key_reused")
    response = HttpResponse(bytes(kept.body), status=kept.status)
    for name, value in kept.headers.items():
        response[name] = value
    response[REPLAYED] = "true"
    return response


def _keep(user_id: int, key: str, response: Response) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    IdempotentCall.objects.filter(user_id=user_id, key=key).update(
        status=response.status_code, headers=headers, body=response.content
    )
