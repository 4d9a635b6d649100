"""How fast the API answers on a million assets, beside raw SQL in the same run. Times are those of whole requests, on
the processor: of this process and of its server process of PostgreSQL."""

import base64
import gc
import json
import os
import statistics
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings

from benchmarks.catalog import caller, fill
from benchmarks.figures import figure
from benchmarks.ogc import map_pages
from benchmarks.processor import busy_ms

ROWS = 1_000_000
ROUNDS = 25
PAGE_LIMIT_MS = 40.0
EXPORT_ROWS_PER_SECOND = 40_000
EXPORT_LIMIT_MB = 300.0

# Parameters of the list, and the same rows by hand: no visibility, no masks, no JSON.
PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, "TRUE"),
    "kind and status": ({"kind": "duct", "status": "in_service"}, "kind = 'duct' AND status = 'in_service'"),
    "owner": ({"owner": "bench-7"}, "owner_id = (SELECT id FROM registry_organization WHERE code = 'bench-7')"),
    "sector and height": (
        {"sector": "power", "height_m_min": 40},
        "owner_id IN (SELECT id FROM registry_organization WHERE sector = 'power')"
        " AND EXISTS (SELECT FROM registry_tower t WHERE t.asset_id = registry_asset.id AND t.height_m >= 40)",
    ),
    "region": (
        {"region": "420106"},
        "region_id = (SELECT id FROM registry_region WHERE code = '420106' AND scheme = 'gbt2260')",
    ),
    "bbox": (
        {"bbox": "114.30,30.58,114.32,30.60"},
        "geometry && ST_MakeEnvelope(114.30, 30.58, 114.32, 30.60, 4326)",
    ),
    "near": (
        {"near": "114.31,30.59", "radius": 800},
        "geometry && ST_Expand(ST_SetSRID(ST_MakePoint(114.31, 30.59), 4326), 0.01)"
        " AND ST_DWithin(geometry::geography, ST_SetSRID(ST_MakePoint(114.31, 30.59), 4326)::geography, 800)",
    ),
    "text": ({"q": "站 77"}, "(code ILIKE '%站 77%' OR name ILIKE '%站 77%')"),
    "free in a period": (
        {"kind": "tower", "free_min": 3, "free_from": "2027-01-01", "free_until": "2028-01-01"},
        "kind = 'tower' AND capacity - registry_units_taken(id, daterange('2027-01-01', '2028-01-01')) >= 3",
    ),
    "changed since": ({"changed_since": "2026-01-02T00:00:00Z"}, "updated_at >= '2026-01-02'"),
}


def api(rows: int = ROWS) -> list[dict[str, Any]]:
    """Filtered pages of 100 in milliseconds at the 95th percentile, the 10th page beside the 10,000th, exports, and
    the pages of benchmarks.ogc on the same catalog."""
    fill(rows)
    client = caller()
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")  # whose time would not be counted
    # As config.wsgi does in the server.
    gc.collect()
    gc.freeze()
    figures = []
    with override_settings(API_CALLS_PER_MINUTE=10**9, ALLOWED_HOSTS=["testserver"]):
        cache.clear()
        everything: list[float] = []
        for name, (parameters, condition) in PAGES.items():
            times = _page_times(client, parameters)
            everything += times
            reference = _sql_ms(condition)
            figures.append(figure(f"API page, {name}, p95", _p95(times), "ms", PAGE_LIMIT_MS, reference, None))
        worst = _p95(everything)
        figures.append(
            figure("API pages of 100, all filters, p95", worst, "ms", PAGE_LIMIT_MS, None, worst <= PAGE_LIMIT_MS)
        )
        figures += _deep_page(client, rows)
        figures += map_pages(client)
        for format in ("csv", "geojson"):
            figures += _export(format, rows)
    return figures


def _page_times(client: Client, parameters: dict[str, Any]) -> list[float]:
    """Milliseconds of each round, page after page; the first warms up."""
    times = []
    address: str | None = "/api/v1/assets/"
    query: dict[str, Any] | None = parameters
    for _round in range(ROUNDS + 1):
        started = busy_ms()
        response = client.get(address, query_params=query)
        times.append(busy_ms() - started)
        if response.status_code != 200:
            raise RuntimeError(response.content)
        following = response.json()["next"]
        address, query = (following, None) if following else ("/api/v1/assets/", parameters)
    return times[1:]


def _deep_page(client: Client, rows: int) -> list[dict[str, Any]]:
    """The 10,000th page, by the cursor that leads there, beside the 10th."""
    times = {}
    for number in (10, min(10_000, rows // 100 - 1)):
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM registry_asset ORDER BY id OFFSET %s LIMIT 1", [100 * (number - 1)])
            [last] = cursor.fetchone() or [0]
        first = client.get("/api/v1/assets/", query_params={"limit": 1, "fields": "id"}).json()
        cursor_text = _cursor_like(first["next"], last)
        measured = []
        for _round in range(ROUNDS):
            started = busy_ms()
            response = client.get("/api/v1/assets/", query_params={"cursor": cursor_text})
            measured.append(busy_ms() - started)
            if response.status_code != 200:
                raise RuntimeError(response.content)
        times[number] = statistics.median(measured)
    near, deep = times.values()
    return [figure(f"API page {max(times):,}, median", deep, "ms", None, near, deep <= 1.5 * near + 2)]


def _cursor_like(link: str, last: int) -> str:
    """The cursor of `link`, moved behind the row with the id `last`."""
    text = parse_qs(urlsplit(link).query)["cursor"][0]
    stated, _value, _pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return base64.urlsafe_b64encode(json.dumps([stated, str(last), last]).encode()).decode().rstrip("=")


def _export(format: str, rows: int) -> list[dict[str, Any]]:
    """Rows a second of the whole list, and what the process that streams it holds at most."""
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.exporting", format],
        env=os.environ | {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"},
        stdout=subprocess.PIPE,
        check=True,
    )
    seen = json.loads(told.stdout.splitlines()[-1])
    if not 0.98 * rows <= seen["lines"] <= rows + 4:
        raise RuntimeError(f"{seen['lines']} lines of {rows} assets")
    rate, reference = 1000 * seen["lines"] / seen["ms"], copy_rate()
    name, mb = f"API export, {format}", seen["mb"]
    return [
        figure(name, rate, "rows/s", EXPORT_ROWS_PER_SECOND, reference, rate >= EXPORT_ROWS_PER_SECOND),
        figure(f"{name}, memory of the process", mb, "MB", EXPORT_LIMIT_MB, None, mb <= EXPORT_LIMIT_MB),
    ]


def copy_rate() -> float:
    """Rows a second of PostgreSQL's own COPY of the same table, places as text."""
    started, lines = busy_ms(), 0
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT id, code, name, kind, status, owner_id, region_id, ST_AsText(geometry), capacity"
            " FROM registry_asset) TO STDOUT WITH (FORMAT csv)"
        ) as copy,
    ):
        for _line in copy:
            lines += 1
    return 1000 * lines / (busy_ms() - started)


def _sql_ms(condition: str) -> float:
    """Milliseconds of the page by hand, at the 95th percentile."""
    times = []
    with connection.cursor() as cursor:
        for _round in range(ROUNDS):
            started = busy_ms()
            cursor.execute(
                "SELECT id, code, name, kind, status, owner_id, region_id, ST_AsGeoJSON(geometry), capacity"
                f" FROM registry_asset WHERE {condition} ORDER BY id LIMIT 100"
            )
            cursor.fetchall()
            times.append(busy_ms() - started)
    return _p95(times)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
