"""How the catalog's map moves under an owner's hand on the country's 1,200,000 assets: in Chromium, the site deployed,
on a laptop's screen and in 4K, beside the same page without its asset layers in the same run.

There is no GPU: SwiftShader draws on the processor that the site and PostgreSQL work on too. So what a frame takes
tells little by itself; what it takes beside an empty map tells what the assets cost.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.country.catalogue import COUNTRY, Size, fill
from benchmarks.figures import figure
from benchmarks.pages import client_of
from benchmarks.site import site
from benchmarks.tiles import LIMIT_KB, fullest
from config.local import browser
from registry.models import TileCell
from registry.tiles import folding
from sharing.matching.arrays import Floats

OWNER = "bench-owner-03"
SCREENS = {"1280×900": (1280, 900), "4K": (3840, 2160)}
ZOOMS = (9, 12, 15)
"""Where the map begins, over where assets are densest: clusters, some assets by themselves, and all of them."""

# From each of them: drags as shares of the map's width and height, and notches of the wheel, in and out.
PATH: tuple[tuple[float, float] | int, ...] = ((-0.5, 0.1), (0.3, -0.5), 8, (-0.4, -0.3), -8, (0.5, 0.3))
DRAG_S, NOTCH_S, STEP_S = 1.5, 0.15, 1 / 60
PATIENCE_S = 60.0
REST_S = 0.4
"""A map that stays still for so long has come to rest."""

LONG_MS = 50.0
"""From which on a task, or a frame, is felt (W3C, Long Tasks)."""
TIMES_BARE = 2.0
"""What frames may take beside those of a map without assets. Of the main thread nothing like it is promised: most of
what blocks it is waiting for SwiftShader, which more circles make longer."""
TILE_MS = 500.0
LONG_SCRIPTS = 5.0
"""Percent of frames: the 95th percentile of frames has no script that is felt."""

# Kept in the page, in milliseconds since it was asked for: when frames were drawn, tasks that took the main thread
# more than 50 ms, scripts of frames that did, when the hand last moved, and since when the map says that all is drawn.
WATCH = """
const seen = window.seen = { frames: [], tasks: [], scripts: [], hand: 0, ready: null };
const watch = (type, note) => {
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
};
const span = ({ startTime, duration }) => [startTime, duration];
watch("longtask", (task) => seen.tasks.push(span(task)));
watch("long-animation-frame", (frame) => seen.scripts.push(...frame.scripts.map(span)));
const frame = (now) => { seen.frames.push(now); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
for (const type of ["mouseup", "wheel"]) {
  addEventListener(type, () => { seen.hand = performance.now(); }, { capture: true, passive: true });
}
addEventListener("DOMContentLoaded", () => {
  const map = document.getElementById("catalog");
  const look = () => { seen.ready = map.dataset.ready === "true" ? seen.ready ?? performance.now() : null; };
  new MutationObserver(look).observe(map, { attributes: true, attributeFilter: ["data-ready"] });
});
"""
# Before the page's own scripts: as if tiles could not show the list, and the list had no places.
WITHOUT_ASSETS = """
document.addEventListener("readystatechange", () => {
  const selection = document.getElementById("selection");
  if (selection) Object.assign(selection.dataset, { tiles: "no", places: "/none" });
});
"""


@dataclass
class Seen:
    """What a browser saw. blocked_ms: by long tasks, of each what is beyond 50 ms. scripts_ms: those of 5 ms and more
    in long frames. again: tiles that it had before."""

    drawn_s: list[float] = field(default_factory=list)
    frames_ms: list[float] = field(default_factory=list)
    moving_s: float = 0.0
    blocked_ms: float = 0.0
    scripts_ms: list[float] = field(default_factory=list)
    rest_s: list[float] = field(default_factory=list)
    tiles_ms: list[float] = field(default_factory=list)
    tiles_kb: list[float] = field(default_factory=list)
    again: int = 0


def catalog_map(size: Size = COUNTRY) -> list[dict[str, Any]]:
    """Of each screen: when the map is drawn, how evenly it moves, when it rests, and how tiles come."""
    fill(size)
    _fold()
    [tile] = fullest(max(ZOOMS), 1)
    lon, lat = tile.area.centroid.coords
    starts = [f"{reverse('web:assets')}?map={zoom}/{lat:.5f}/{lon:.5f}" for zoom in ZOOMS]
    session = client_of(OWNER).cookies[settings.SESSION_COOKIE_NAME].value
    figures = []
    # Within, Playwright's event loop runs in this thread: Django's database is not asked there.
    with site() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.installed(), args=browser.ARGUMENTS)
        for name, screen in SCREENS.items():
            seen, bare = Seen(), Seen()
            for start, (here, assets) in product(starts, ((bare, False), (seen, True))):
                with _signed_in(chromium, address, session, screen, assets=assets) as page:
                    _walk(page, start, here)
            figures += _figures(name, seen, bare)
        chromium.close()
    return figures


def _fold() -> None:
    """The country's assets came without a note for tiles."""
    if TileCell.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO registry_tilechange (assets, west, south, east, north, owners, regions)
            SELECT array_agg(id), '{}', '{}', '{}', '{}', '{}', '{}' FROM registry_asset GROUP BY id / 50000
            """
        )
    folding.fold_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE registry_tilecell, registry_protectedtilecell, registry_tileversion")


@contextmanager
def _signed_in(
    chromium: Browser, address: str, session: str, screen: tuple[int, int], *, assets: bool
) -> Iterator[Page]:
    """A page of a browser that has seen nothing yet."""
    width, height = screen
    context = chromium.new_context(base_url=address, viewport={"width": width, "height": height}, locale="en")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    context.add_init_script(WATCH)
    if not assets:
        context.add_init_script(WITHOUT_ASSETS)
    yield context.new_page()
    context.close()


def _walk(page: Page, start: str, seen: Seen) -> None:
    """Opens the map and goes along the path, each move once the map has come to rest."""
    asked: list[Request] = []
    page.on("requestfinished", lambda one: asked.append(one) if "/ogc/tiles/" in one.url else None)
    page.goto(start)
    seen.drawn_s.append(_rest(page, since=0.0) / 1000)
    page.locator("#catalog").evaluate("map => map.scrollIntoView({ block: 'center' })")
    moves = [_moved(page, step) for step in PATH]
    told = page.evaluate("seen")
    frames, tasks, scripts = (np.array(told[name]) for name in ("frames", "tasks", "scripts"))
    for began, ended, rested in moves:
        seen.frames_ms += np.diff(frames[(began <= frames) & (frames <= ended)]).tolist()
        seen.blocked_ms += float((_between(tasks, began, rested) - LONG_MS).sum())
        seen.scripts_ms += _between(scripts, began, ended).tolist()
        seen.moving_s += (rested - began) / 1000
        seen.rest_s.append((rested - ended) / 1000)
    _note_tiles(asked, seen)


def _note_tiles(asked: Sequence[Request], seen: Seen) -> None:
    for one in asked:
        response = one.response()
        if response is None or response.status not in (200, 204):
            raise RuntimeError(f"{one.url} answers {response and response.status}")
        seen.tiles_ms.append(one.timing["responseEnd"])
        seen.tiles_kb.append(one.sizes()["responseBodySize"] / 1000)
    seen.again += len(asked) - len({one.url for one in asked})


def _moved(page: Page, step: tuple[float, float] | int) -> tuple[float, float, float]:
    """When the hand began, when it ended, and when the map had come to rest; in milliseconds of the page."""
    box = page.locator("#catalog canvas").bounding_box()
    assert box is not None
    size = np.array([box["width"], box["height"]])
    middle = np.array([box["x"], box["y"]]) + size / 2
    began = float(page.evaluate("performance.now()"))
    if isinstance(step, int):
        page.mouse.move(*middle)
        _paced(abs(step) * NOTCH_S, NOTCH_S, lambda _: page.mouse.wheel(0, -120 if step > 0 else 120))
    else:
        way = size * step
        page.mouse.move(*(middle - way / 2))
        page.mouse.down()
        _paced(DRAG_S, STEP_S, lambda share: page.mouse.move(*(middle + way * (share - 0.5))))
        page.mouse.up()
    ended = float(page.evaluate("seen.hand"))
    return began, ended, _rest(page, since=ended)


def _paced(seconds: float, step_s: float, act: Callable[[float], None]) -> None:
    """Acts at every step that time allows, told which share of it has gone by: slow frames do not make it longer."""
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds:
        act(gone / seconds)
        time.sleep(max(step_s - (time.monotonic() - began - gone), 0.0))


def _rest(page: Page, since: float) -> float:
    """The millisecond at which all was drawn, once nothing has moved for a while. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        ready, now = page.evaluate("[window.seen.ready, performance.now()]")
        if ready is not None and ready >= since and now - ready >= 1000 * REST_S:
            return float(ready)
        time.sleep(REST_S / 4)
    raise TimeoutError("the map does not come to rest")


def _figures(screen: str, seen: Seen, bare: Seen) -> list[dict[str, Any]]:
    """Beside the map without assets, as far as that has the same."""
    name = f"map at {screen}"
    rows: tuple[tuple[str, str, Callable[[Seen], float], float | None, float | None], ...] = (
        ("drawn after it is asked for", "s", lambda one: max(one.drawn_s), None, None),
        ("frame while it moves, p50", "ms", lambda one: _share(one.frames_ms, 50), None, TIMES_BARE),
        ("frame while it moves, p95", "ms", lambda one: _share(one.frames_ms, 95), None, TIMES_BARE),
        ("frames longer than 50 ms", "%", lambda one: _long(one.frames_ms, one), None, None),
        ("frames with a script longer than 50 ms", "%", lambda one: _long(one.scripts_ms, one), LONG_SCRIPTS, None),
        ("main thread blocked", "ms/s", lambda one: one.blocked_ms / one.moving_s, None, None),
        ("at rest after a move, p95", "s", lambda one: _share(one.rest_s, 95), None, None),
    )
    figures = []
    for what, unit, value, most, times in rows:
        of_it, reference = value(seen), value(bare)
        limit = times * reference if times else most
        figures.append(
            figure(f"{name}, {what}", of_it, unit, limit, reference, None if limit is None else of_it <= limit)
        )
    tiles_ms, kb = _share(seen.tiles_ms, 95), max(seen.tiles_kb)
    return [
        *figures,
        figure(f"{name}, tile as the browser sees it, p95", tiles_ms, "ms", TILE_MS, None, tiles_ms <= TILE_MS),
        figure(f"{name}, largest tile", kb, "kB", LIMIT_KB, None, kb <= LIMIT_KB),
        figure(f"{name}, tiles", float(len(seen.tiles_kb)), "tiles", None, None, None),
        figure(f"{name}, tiles asked for again", float(seen.again), "tiles", None, None, None),
    ]


def _between(spans: Floats, began: float, ended: float) -> Floats:
    """Durations of those that began meanwhile."""
    start, duration = spans.reshape(-1, 2).T
    return np.asarray(duration[(began <= start) & (start <= ended)])


def _long(durations_ms: Sequence[float], seen: Seen) -> float:
    """How many were felt, in percent of all frames."""
    return 100 * float((np.array(durations_ms) > LONG_MS).sum()) / len(seen.frames_ms)


def _share(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))
