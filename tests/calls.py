"""Calls of the API as one person, within a session or by a token."""

import json
from typing import Any

from django.test import Client

from registry.models import User

ROOT = "/api/v1/"


class Caller:
    """Paths are those below /api/v1/, or whole addresses."""

    def __init__(self, user: User | None = None, *, secret: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        if user is not None:
            self.client.force_login(user)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def call(
        self, method: str, path: str, body: Any = None, *, headers: Any = None, content_type: str = "application/json",
        **parameters: Any,
    ) -> Any:  # fmt: skip
        address = path if path.startswith(("http", "/")) else ROOT + path
        address = address.removeprefix("http://testserver")
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method, address, data, content_type=content_type, headers={**self.headers, **(headers or {})},
            query_params=parameters or None,
        )  # fmt: skip

    def get(self, path: str, *, headers: Any = None, **parameters: Any) -> Any:
        return self.call("GET", path, headers=headers, **parameters)

    def post(self, path: str, body: Any = None, *, headers: Any = None) -> Any:
        return self.call("POST", path, body, headers=headers)

    def patch(self, path: str, body: Any = None, *, headers: Any = None) -> Any:
        return self.call("PATCH", path, body, headers=headers)

    def delete(self, path: str, *, headers: Any = None) -> Any:
        return self.call("DELETE", path, headers=headers)

    def upload(self, path: str, **fields: Any) -> Any:
        return self.client.post(ROOT + path, fields, headers=self.headers)

    def codes(self, path: str, **parameters: Any) -> set[str]:
        """The codes of what a list shows."""
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.content
        return {shown["code"] for shown in response.json()["results"]}


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def problem(response: Any, status: int, code: str) -> Any:
    """The problem detail that the response must be; returns its faults as (where, code)."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    shown = response.json()
    assert (shown["code"], shown["status"]) == (code, status)
    assert shown["type"] == f"urn:infrashare:problem:{code}"
    assert shown["title"] and shown["detail"] and shown["instance"]
    places = ("pointer", "parameter", "header")
    return [(next(fault[p] for p in places if p in fault), fault["code"]) for fault in shown.get("errors", [])]
