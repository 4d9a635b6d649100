"""What the demo says while it runs: numbered steps, what each did, and whether that is what it should be."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Number
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class Output(Protocol):
    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class FellShort(Exception):
    """A step failed so that the next ones cannot begin; the report has the reason."""


@dataclass
class Report:
    """shortfalls: the checks that failed, each with the step it belongs to."""

    output: Output
    shortfalls: list[str] = field(default_factory=list)
    _step: str = ""
    _steps: int = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A numbered step; its time stands at its end."""
        self._steps += 1
        self._step = title
        self.say(f"\n{self._steps}. {title}")
        started = time.perf_counter()
        yield
        self.say(_("   (%(seconds).1f s)") % {"seconds": time.perf_counter() - started})

    def say(self, text: str) -> None:
        self.output.write(f"{text}\n")
        self.output.flush()

    def tell(self, text: str) -> None:
        """A line of a step."""
        self.say(f"   {text}")

    def check(self, holds: bool, claim: str) -> None:
        """Says `claim` with a tick where it holds; else with a cross, and the demo fails."""
        self.tell(f"{'✓' if holds else '✗'} {claim}")
        if not holds:
            self.shortfalls.append(f"{self._step}: {claim}")

    def need(self, holds: bool, claim: str) -> None:
        """A check without which the steps that follow have nothing to work on. Raises FellShort."""
        self.check(holds, claim)
        if not holds:
            raise FellShort(claim)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Columns of numbers to the right, others to the left."""
        columns = list(zip(*rows, strict=True)) or [()] * len(headings)
        numeric = [bool(column) and all(isinstance(cell, Number) for cell in column) for column in columns]
        texts = [[_text(cell) for cell in row] for row in (headings, *rows)]
        widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
        for row in texts:
            cells = (_padded(*cell) for cell in zip(row, widths, numeric, strict=True))
            self.tell("  ".join(cells).rstrip())

    def give_verdict(self) -> None:
        """The last line: whether every step did what it should."""
        if not self.shortfalls:
            self.say(_("\nAll %(steps)d steps did what they should.") % {"steps": self._steps})
            return
        count = len(self.shortfalls)
        self.say(ngettext("\n%(count)d check fell short:", "\n%(count)d checks fell short:", count) % {"count": count})
        for shortfall in self.shortfalls:
            self.tell(f"✗ {shortfall}")


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= character <= "\uffef" else 1 for character in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _text(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int | Decimal) else f"{cell:.1f}" if isinstance(cell, float) else str(cell)
