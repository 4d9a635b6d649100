"""The ledger of an asset drawn as units × time: inline SVG without script or style attribute, classes of admin.css."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sharing.shown.ledger_change import LedgerChange, Line

WIDTH, LEFT, TOP, BOTTOM = 380, 30, 6, 18  # px
TALLEST_UNIT, TALLEST = 16, 192


def before(change: LedgerChange) -> SafeString:
    """The ledger without the match."""
    return _timeline(change, change.others, [], _("Before: %(free)d free") % {"free": change.free_before})


def after(change: LedgerChange) -> SafeString:
    """The ledger with the match; its lines stand out."""
    return _timeline(change, change.others, change.new, _("After: %(free)d free") % {"free": change.free_after})


def _timeline(change: LedgerChange, others: Sequence[Line], new: Sequence[Line], title: str) -> SafeString:
    capacity = change.asset.capacity
    unit = min(TALLEST_UNIT, TALLEST / capacity)
    height = max(unit * capacity, TALLEST_UNIT)
    scale = _Scale(change.window, unit)
    parts = [
        f'<rect class="ledger-ground" x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT}" height="{height:.1f}" />',
        *_period(scale, change, height),
        *(part for line in others for part in _block(scale, line, f"units-{line.purpose}")),
        *(part for line in new for part in _block(scale, line, "units-new")),
        *_axis(scale, change, height),
    ]
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


def _block(scale: _Scale, line: Line, role: str) -> Iterator[str]:
    x, y = scale.x(line.start), scale.y(line.first)
    gap = 1 if scale.unit > 4 else 0
    title = _("Units %(units)s: %(holder)s, %(purpose)s, %(days)s") % {
        "units": line.shown_units,
        "holder": line.holder,
        "purpose": line.purpose_name,
        "days": line.shown_period,
    }
    yield (
        f'<rect class="units {conditional_escape(role)}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{max(scale.x(line.end) - x, 1):.1f}" height="{(line.after - line.first) * scale.unit - gap:.1f}">'
        f"<title>{conditional_escape(title)}</title></rect>"
    )


def _period(scale: _Scale, change: LedgerChange, height: float) -> Iterator[str]:
    left, right = scale.x(change.period.lower), scale.x(change.period.upper)
    yield f'<rect class="ledger-period" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{height:.1f}" />'


def _axis(scale: _Scale, change: LedgerChange, height: float) -> Iterator[str]:
    bottom = TOP + height
    first, last = change.period.lower, change.period.upper
    yield f'<text class="ledger-text" x="{LEFT - 4}" y="{TOP + 9}" text-anchor="end">1</text>'
    if change.asset.capacity > 1:
        yield (
            f'<text class="ledger-text" x="{LEFT - 4}" y="{bottom - 2:.1f}" text-anchor="end">'
            f"{change.asset.capacity}</text>"
        )
    ends = [(first, "start")] + ([(last, "end")] if last else [])
    for day, anchor in ends:
        x = scale.x(day)
        yield f'<line class="ledger-tick" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom:.1f}" />'
        yield (
            f'<text class="ledger-text" x="{x:.1f}" y="{bottom + 13:.1f}" text-anchor="{anchor}">'
            f"{date_format(day, 'Y-m-d')}</text>"
        )
