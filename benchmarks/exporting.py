"""python -m benchmarks.exporting FORMAT: the whole list of assets through the API, in a process of its own, so that
what it holds is what a server which exports holds, and no other suite. Prints lines, milliseconds and megabytes."""

import json
import resource
import sys
from pathlib import Path

import django

LOOKED_AT_EVERY = 50
"""Blocks of the stream."""


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main(format: str) -> None:
    django.setup()
    # Only now is Django ready for what has models.
    from benchmarks.catalog import caller  # noqa: PLC0415
    from benchmarks.processor import busy_ms  # noqa: PLC0415

    client = caller()
    lines, most, started = 0, resident_mb(), busy_ms()
    response = client.get("/api/v1/assets/", query_params={"format": format}, headers={"host": "localhost"})
    for number, block in enumerate(response.streaming_content):
        lines += block.count(b"\n")
        if number % LOOKED_AT_EVERY == 0:
            most = max(most, resident_mb())
    print(json.dumps({"lines": lines, "ms": busy_ms() - started, "mb": max(most, resident_mb())}))


if __name__ == "__main__":
    main(sys.argv[1])
