"""The ledger of an asset drawn as units × time: inline SVG without script or style attribute; its classes are in the
stylesheets of admin and site."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, LEFT, TOP, BOTTOM = 380, 30, 6, 18  # px
TALLEST_UNIT, TALLEST = 16, 192


@dataclass(frozen=True)
class Block:
    """Units [first, after) from `start` up to `end`, None for without end. role: its class. title: what it is, for
    whoever points at it or listens."""

    first: int
    after: int
    start: date
    end: date | None
    role: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A day on the axis. anchor: on which side of its line the text stands, start or end."""

    day: date
    anchor: str


def timeline(
    capacity: int,
    window: tuple[date, date],
    blocks: Iterable[Block],
    *,
    title: str,
    ticks: Sequence[Tick] = (),
    period: tuple[date, date | None] | None = None,
) -> SafeString:
    """The blocks between the days of `window`, the first unit on top. period: days that stand out."""
    unit = min(TALLEST_UNIT, TALLEST / capacity)
    height = max(unit * capacity, TALLEST_UNIT)
    scale = _Scale(window, unit)
    parts = [f'<rect class="ledger-ground" x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT}" height="{height:.1f}" />']
    if period:
        left, right = scale.x(period[0]), scale.x(period[1])
        parts.append(
            f'<rect class="ledger-period" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{height:.1f}" />'
        )
    parts += [_block(scale, block) for block in blocks]
    parts += _axis(scale, capacity, ticks, height)
    return format_html(
        '<svg class="ledger" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        round(TOP + height + BOTTOM),
        title,
        mark_safe("".join(parts)),
    )


class _Scale:
    def __init__(self, window: tuple[date, date], unit: float) -> None:
        self.start, self.end = window
        self.unit = unit

    def x(self, day: date | None) -> float:
        """Of a day, cut off at the edges; None is the far end."""
        if day is None or day > self.end:
            return float(WIDTH)
        share = (day - self.start).days / (self.end - self.start).days
        return LEFT + max(share, 0.0) * (WIDTH - LEFT)

    def y(self, unit: int) -> float:
        return TOP + (unit - 1) * self.unit


def _block(scale: _Scale, block: Block) -> str:
    x, y = scale.x(block.start), scale.y(block.first)
    gap = 1 if scale.unit > 4 else 0
    return (
        f'<rect class="units {conditional_escape(block.role)}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{max(scale.x(block.end) - x, 1):.1f}" height="{(block.after - block.first) * scale.unit - gap:.1f}">'
        f"<title>{conditional_escape(block.title)}</title></rect>"
    )


def _axis(scale: _Scale, capacity: int, ticks: Sequence[Tick], height: float) -> Iterator[str]:
    bottom = TOP + height
    yield f'<text class="ledger-text" x="{LEFT - 4}" y="{TOP + 9}" text-anchor="end">1</text>'
    if capacity > 1:
        yield f'<text class="ledger-text" x="{LEFT - 4}" y="{bottom - 2:.1f}" text-anchor="end">{capacity}</text>'
    for tick in ticks:
        x = scale.x(tick.day)
        yield f'<line class="ledger-tick" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom:.1f}" />'
        yield (
            f'<text class="ledger-text" x="{x:.1f}" y="{bottom + 13:.1f}" text-anchor="{tick.anchor}">'
            f"{date_format(tick.day, 'SHORT_DATE_FORMAT')}</text>"
        )
