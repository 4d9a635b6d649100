"""How fast OGC API – Features answers on the catalog of benchmarks.api, beside raw SQL in the same run."""

import statistics
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks.figures import figure
from benchmarks.processor import busy_ms

ROUNDS = 25
PAGE_LIMIT_MS = 40.0
ITEMS = "/ogc/collections/towers/items"
DEEPEST = 10_000
"""The page that is compared with the first: of 100 features, or of fewer where the collection would end before."""

POLYGON = "POLYGON((114.30 30.58, 114.33 30.58, 114.32 30.61, 114.30 30.58))"
# Parameters for towers, and the same rows by hand: no visibility, no masks, no JSON.
PAGES: dict[str, tuple[dict[str, str], str]] = {
    "plain": ({}, "TRUE"),
    "bbox": (
        {"bbox": "114.30,30.58,114.32,30.60"},
        "geometry && ST_MakeEnvelope(114.30, 30.58, 114.32, 30.60, 4326)",
    ),
    "region and status": (
        {"region": "420106", "status": "in_service"},
        "status = 'in_service' AND region_id = (SELECT id FROM registry_region WHERE code = '420106')",
    ),
    "CQL2, height": (
        {"filter": "height_m >= 58 AND CASEI(status) = CASEI('In_service')"},
        "lower(status) = 'in_service' AND EXISTS"
        " (SELECT FROM registry_tower t WHERE t.asset_id = registry_asset.id AND t.height_m >= 58)",
    ),
    "CQL2, polygon": (
        {"filter": f"S_INTERSECTS(place, {POLYGON}) AND capacity > 2"},
        f"capacity > 2 AND ST_Intersects(geometry, 'SRID=4326;{POLYGON}')",
    ),
    "EPSG:3857": ({"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}, "TRUE"),
}


def map_pages(client: Client) -> list[dict[str, Any]]:
    """Pages of 100 towers in milliseconds at the 95th percentile, one after the other; the first page beside the
    10,000th."""
    figures, everything = [], list[float]()
    for name, (parameters, condition) in PAGES.items():
        times = _in_succession(client, parameters)
        everything += times
        figures.append(figure(f"OGC page, {name}, p95", _p95(times), "ms", PAGE_LIMIT_MS, _sql_ms(condition), None))
    worst = _p95(everything)
    figures.append(
        figure("OGC pages of 100, all filters, p95", worst, "ms", PAGE_LIMIT_MS, None, worst <= PAGE_LIMIT_MS)
    )
    return [*figures, _deep_page(client)]


def _in_succession(client: Client, parameters: dict[str, str]) -> list[float]:
    """Milliseconds of each round, page after page; the first warms up."""
    times = []
    address, query = ITEMS, parameters
    for _round in range(ROUNDS + 1):
        page, ms = _timed(client, address, query)
        times.append(ms)
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address, query = (following[0], {}) if following else (ITEMS, parameters)
    return times[1:]


def _deep_page(client: Client) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM registry_asset WHERE kind = 'tower'")
        limit = min(100, cursor.fetchone()[0] // DEEPEST)
        cursor.execute(
            "SELECT id FROM registry_asset WHERE kind = 'tower' ORDER BY id OFFSET %s LIMIT 1",
            [limit * (DEEPEST - 1) - 1],
        )
        [last] = cursor.fetchone()
    near, deep = (
        statistics.median(_timed(client, ITEMS, {"limit": limit, **after})[1] for _round in range(ROUNDS))
        for after in ({}, {"after": last})
    )
    return figure(f"OGC page {DEEPEST:,} of {limit}, median", deep, "ms", None, near, deep <= 1.5 * near + 2)


def _timed(client: Client, address: str, parameters: dict[str, Any]) -> tuple[Any, float]:
    """A page, and milliseconds."""
    started = busy_ms()
    response = client.get(address, query_params=parameters or None)
    ms = busy_ms() - started
    if response.status_code != 200:
        raise RuntimeError(response.content)
    return response.json(), ms


def _sql_ms(condition: str) -> float:
    """Milliseconds of the page by hand, at the 95th percentile."""
    times = []
    with connection.cursor() as cursor:
        for _round in range(ROUNDS):
            started = busy_ms()
            cursor.execute(
                "SELECT id, code, name, status, owner_id, region_id, ST_AsGeoJSON(geometry), capacity"
                f" FROM registry_asset WHERE kind = 'tower' AND {condition} ORDER BY id LIMIT 100"
            )
            cursor.fetchall()
            times.append(busy_ms() - started)
    return _p95(times)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
