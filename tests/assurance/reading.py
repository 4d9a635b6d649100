"""A registry's own process at work beside a replica: it answers calls and tells which database they were read from. A
program of its own, so that a test can take the databases away from under it.

    python -m tests.assurance.reading

Reads one JSON object a line, {"as": user, "method": ..., "path": ..., "data": ...}, and writes one a line.
"""

import json
import os
import sys
from collections import Counter
from typing import Any

import django
import psycopg


def main() -> None:
    # Only now is Django ready for what has models.
    from django.db import connections  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from registry.models import User  # noqa: PLC0415

    asked: Counter[str] = Counter()

    def counting(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked[context["connection"].alias] += "pg_" not in sql
        return execute(sql, parameters, many, context)

    for connection in connections.all():
        connection.execute_wrappers.append(counting)
    copy = psycopg.Cursor.copy

    def counting_copies(cursor: Any, *arguments: Any, **named: Any) -> Any:
        asked["replica" if cursor.connection is connections["replica"].connection else "default"] += 1
        return copy(cursor, *arguments, **named)

    psycopg.Cursor.copy = counting_copies  # type: ignore[method-assign]
    clients: dict[str, Client] = {}
    for line in sys.stdin:
        call = json.loads(line)
        if "make" in call:
            answer = _world()
        elif "export" in call:
            asked.clear()
            answer = {"text": _export(), **asked}
        else:
            if call["as"] not in clients:
                clients[call["as"]] = Client(SERVER_NAME="localhost")
                if "token" not in call:
                    clients[call["as"]].force_login(User.objects.get(username=call["as"]))
            headers = {"Authorization": f"Bearer {call['token']}"} if "token" in call else {}
            asked.clear()
            response = clients[call["as"]].generic(
                call.get("method", "GET"), call["path"], json.dumps(call.get("data", {})), "application/json",
                headers=headers,
            )  # fmt: skip
            body = b"".join(response) if response.streaming else response.content  # type: ignore[arg-type]
            answer = {"status": response.status_code, "text": body.decode(errors="replace"), **asked}
        print(json.dumps(answer), flush=True)


def _world() -> dict[str, Any]:
    from registry.models import ApiToken  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415
    from tests.sharing.scene import Scene  # noqa: PLC0415

    scene = Scene()
    tokens = {}
    for name, scopes in (("reader", ["read"]), ("writer", ["read", "write"])):
        tokens[name] = f"isr_{name}" + "0" * 40
        ApiToken.objects.create(
            user=scene.metro_manager, issued_by=scene.metro_manager, name=name, scopes=scopes, hint="isr_",
            digest=ApiToken.digest_of(tokens[name]), expires_at=factories.timezone.now() + factories.timedelta(days=1),
        )  # fmt: skip
    return {"asset": scene.near.pk, "tokens": tokens}


def _export() -> str:
    """Makes the export that waits, and tells its file."""
    from registry.api import export_job  # noqa: PLC0415
    from registry.exports import jobs  # noqa: PLC0415
    from registry.models import ExportJob  # noqa: PLC0415

    assert jobs.carry_out_next(export_job.make)
    job = ExportJob.objects.latest("pk")
    with job.file.open("rb") as file:
        return str(file.read().decode())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
