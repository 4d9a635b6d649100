"""A client of the API in the standard library alone: lists an asset, posts a demand list, waits, reads its matches.

    INFRASHARE_TOKEN=isr_… python docs/client.py http://127.0.0.1:8000 PARTY

PARTY is the code of an organization in which the token's person is at least an editor. Prints one JSON object.
"""

import json
import os
import sys
import time
import urllib.request
import uuid
from typing import Any


def call(method: str, address: str, body: Any = None) -> Any:
    """One call. The key makes it safe to send again after a broken connection: it is carried out once."""
    headers = {"Authorization": f"Bearer {os.environ['INFRASHARE_TOKEN']}", "Content-Type": "application/json"}
    if method != "GET":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


def pages(address: str | None) -> Any:
    """All rows of a list, page after page."""
    while address:
        page = call("GET", address)
        yield from page["results"]
        address = page["next"]


def main(site: str, party: str) -> None:
    api = f"{site}/api/v1"
    here = {"type": "Point", "coordinates": [114.3055, 30.5928]}
    asset = {"owner": party, "code": f"pole-{uuid.uuid4().hex[:8]}", "kind": "tower", "place": here, "capacity": 2}
    pole = call("POST", f"{api}/assets/", {**asset, "details": {"structure_type": "streetlight", "height_m": 12}})
    needed = {"kind": "tower", "period": {"start": "2030-01-01", "end": "2035-01-01"}, "location": here}
    demands = call("POST", f"{api}/demand-lists/", {"party": party, "title": "From a program"})
    call("POST", f"{api}/demand-lists/{demands['id']}/demands/", [{**needed, "name": "Site 1", "radius_m": 800}])
    run = call("POST", f"{api}/demand-lists/{demands['id']}/submit/")["run"]
    while (status := call("GET", f"{api}/match-runs/{run}/")["status"]) in ("queued", "running"):
        time.sleep(0.5)
    matches = list(pages(f"{api}/matches/?run={run}&ordering=rank"))
    print(json.dumps({"asset": pole["code"], "list": demands["id"], "run": status, "matches": matches}))


if __name__ == "__main__":
    main(*sys.argv[1:])
