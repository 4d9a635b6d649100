"""The ledger of an asset before and after a match."""

from collections.abc import Iterator, Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.ledger_svg import Block, Tick, timeline
from sharing.shown.ledger_change import LedgerChange, Line


def before(change: LedgerChange) -> SafeString:
    """The ledger without the match."""
    return _timeline(change, _blocks(change.others), _("Before: %(free)d free") % {"free": change.free_before})


def after(change: LedgerChange) -> SafeString:
    """The ledger with the match; its lines stand out."""
    blocks = [*_blocks(change.others), *_blocks(change.new, "units-new")]
    return _timeline(change, blocks, _("After: %(free)d free") % {"free": change.free_after})


def _timeline(change: LedgerChange, blocks: Iterator[Block] | Sequence[Block], title: str) -> SafeString:
    first, last = change.period.lower, change.period.upper
    ticks = [Tick(first, "start"), *([Tick(last, "end")] if last else [])]
    return timeline(change.asset.capacity, change.window, blocks, title=title, ticks=ticks, period=(first, last))


def _blocks(lines: Sequence[Line], role: str = "") -> Iterator[Block]:
    for line in lines:
        title = _("Units %(units)s: %(holder)s, %(purpose)s, %(days)s") % {
            "units": line.shown_units,
            "holder": line.holder,
            "purpose": line.purpose_name,
            "days": line.shown_period,
        }
        yield Block(line.first, line.after, line.start, line.end, role or f"units-{line.purpose}", title)
