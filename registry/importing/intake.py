"""A file on its way in: its raw rows, which column is what, and what has been found wrong with each row so far."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from registry.importing.fields import ImportField
from registry.importing.heading_units import unit_of_cells
from registry.importing.headings import Recognised, known_names, nearest, normalise, recognise
from registry.importing.markers import NOBODY_WORDS, unmarked
from registry.importing.quantities import (
    FALSE,
    UNITS,
    Parsed,
    are_shares,
    choice_parser,
    is_blank,
    parse_boolean,
    parse_column,
    parse_date,
    parse_integer,
    parse_quantities,
    parse_texts,
    refused_column,
)
from registry.importing.short_headings import SHORT
from registry.importing.sources import read_source
from registry.importing.synonyms import SYNONYMS
from registry.importing.table import Cells, SourceTable, UnreadableFile, as_text
from registry.places import MOST_CORNERS, too_many_corners

# What says no, or to nobody, though elsewhere a cell with it is blank.
SAID = {"boolean": FALSE, "choices": NOBODY_WORDS}
SHARES = {
    "pct": gettext_lazy(
        "All figures of the column lie between 0 and 2, as shares do: write 85 for 85 percent. Where they are"
        " percentages, call the column %(name)s."
    ),
    "share": gettext_lazy(
        "The heading says percent, but the figures of the column lie between 0 and 2, as shares do: call the column"
        " %(name)s, or write 40 for 40 percent."
    ),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read, as the sender states it.

    layer: sheet or map layer. crs: "EPSG:n", "gcj02" or "bd09". encoding: a Python codec name, else detected.
    mapping: source heading -> field. constants: field -> text for the rows whose own cell is blank or missing.
    """

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the sender should look at; the row landed all the same. `row` is None for the file as a whole."""

    text: str
    row: int | None = None
    column: str = ""


@dataclass(slots=True)
class Intake:
    """`problems`: index of a row -> its (column, reason) pairs; a row with any is rejected."""

    table: SourceTable
    recognised: Recognised
    options: Options
    problems: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    warnings: list[Remark] = field(default_factory=list)

    def heading(self, target: str) -> str:
        """What the source calls `target`."""
        column = self.recognised.columns.get(target)
        return column.heading if column else target

    def has(self, target: str) -> bool:
        return target in self.recognised.columns or target in self.options.constants

    def cells(self, target: str, said: frozenset[str] = frozenset()) -> Cells | None:
        """The raw cells that fill `target`, blanks filled by the constant where one is set; None without either.
        said: as in `is_blank`."""
        column = self.recognised.columns.get(target)
        constant = self.options.constants.get(target)
        if column is None:
            return None if constant is None else np.full(len(self.table), constant, dtype=object)
        cells = self.table.columns[column.index]
        if constant is None:
            return cells
        texts = as_text(cells)
        return np.array([constant if text is None or is_blank(text, said) else text for text in texts], dtype=object)

    def refuse(self, index: int, target: str, reason: str) -> None:
        self.problems.setdefault(index, []).append((self.heading(target) if target else "", reason))

    def at_fault(self, index: int, target: str) -> bool:
        """Whether the row is refused for `target` already."""
        return any(column == self.heading(target) for column, _reason in self.problems.get(index, ()))

    def warn(self, text: str, index: int | None = None, target: str = "") -> None:
        row = None if index is None else int(self.table.row_numbers[index])
        self.warnings.append(Remark(text, row, self.heading(target) if target else ""))

    def good(self) -> NDArray[np.bool_]:
        """Which rows nothing has been found wrong with."""
        mask = np.ones(len(self.table), dtype=bool)
        mask[list(self.problems)] = False
        return mask

    def values(self, spec: ImportField) -> Cells | None:
        """The typed values of `spec` for every row (None where blank or refused), or None when nothing fills it."""
        cells = self.cells(spec.name, SAID.get(spec.type, frozenset()))
        if cells is None:
            return None
        parsed = self._parsed(cells, spec)
        for index, reason in parsed.errors.items():
            self.refuse(index, spec.name, reason)
        self._check_range(parsed.values, spec)
        return parsed.values

    def texts(self, target: str, *, max_length: int | None = None) -> Cells | None:
        """The stripped text of `target`, None where blank."""
        return self.values(ImportField(target, "text", max_length=max_length))

    def _parsed(self, cells: Cells, spec: ImportField) -> Parsed:
        column = self.recognised.columns.get(spec.name)
        unit = None
        if column and spec.type in ("quantity", "integer"):
            try:
                unit = unit_of_cells(column.stated, spec.unit, counted=spec.type == "integer")
            except ValueError as error:
                return refused_column(cells, str(error))
        if spec.type == "quantity":
            several = "max" if spec.unit == "kv" else ""
            parsed = parse_quantities(cells, spec.unit, source_unit=unit, several=several)
            if column and _is_percent(spec, column.heading, unit):
                factor = UNITS[spec.unit][unit] if unit else 1.0
                if are_shares(cells, parsed.values, factor):
                    return refused_column(cells, SHARES[spec.unit] % {"name": spec.name})
            return parsed
        if spec.type == "text":
            return parse_texts(cells, spec.max_length, unmarked)
        return parse_column(cells, cell_parser(spec), SAID.get(spec.type, frozenset()))

    def _check_range(self, values: Cells, spec: ImportField) -> None:
        if spec.minimum is None and spec.maximum is None:
            return
        least = -np.inf if spec.minimum is None else spec.minimum
        most = np.inf if spec.maximum is None else spec.maximum
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        for index in np.flatnonzero((numbers < least) | (numbers > most)):
            values[index] = None
            self.refuse(
                int(index), spec.name, _("%(value)s is beyond what the registry holds.") % {"value": numbers[index]}
            )


def open_intake(
    path: Path,
    known: Mapping[str, Sequence[str]],
    options: Options,
    *,
    preferred: str | None = None,
    geometry_type: str | None = None,
    settable: frozenset[str] = frozenset(),
) -> Intake:
    """Read the file at `path` and recognise its columns among `known` (target -> headings).

    `preferred` is the layer to read where the file has several and none is named. `settable` are targets beyond
    `known` that may be set. Raises UnreadableFile, as for a constant of no known field.
    """
    for target in options.constants:
        if target not in known and target not in settable:
            raise UnreadableFile(
                _("There is no field “%(name)s” to set") % {"name": target} + (nearest(target, known) or ".")
            )
    names = known_names(known)
    table = read_source(
        path,
        lambda heading: normalise(heading) in names,
        layer=options.layer,
        preferred=preferred,
        geometry_type=geometry_type,
        encoding=options.encoding,
    )
    intake = Intake(table, recognise(table, known, options.mapping), options)
    intake.warnings += [Remark(text) for text in table.warnings]
    _refuse_many_corners(intake)
    return intake


def _is_percent(spec: ImportField, heading: str, unit: str | None) -> bool:
    """Whether the column is in percent by its heading, which is not the registry's own."""
    if spec.unit == "share":
        return unit is not None
    return spec.unit == "pct" and heading.casefold() not in (spec.name, SHORT.get(spec.name))


def _refuse_many_corners(intake: Intake) -> None:
    geometry = intake.table.geometry
    if geometry is None:
        return
    corners = shapely.get_num_coordinates(geometry)
    for index in np.flatnonzero(corners > MOST_CORNERS):
        intake.refuse(int(index), "wkt", too_many_corners(corners[index]))
        geometry[index] = None


def cell_parser(spec: ImportField) -> Callable[[str], object]:
    """How one cell of `spec`, neither text nor a quantity, is read; raises ValueError with the reason."""
    if spec.type == "integer":
        return parse_integer
    if spec.type == "boolean":
        return parse_boolean
    if spec.type == "date":
        return parse_date
    if spec.type == "choice":
        return choice_parser(spec.choices, SYNONYMS.get(spec.name, {}))
    if spec.type == "choices":
        one = choice_parser(spec.choices, SYNONYMS.get(spec.name, {}))
        return lambda text: (
            []
            if text.casefold() in NOBODY_WORDS
            else sorted({one(part) for part in re.split(r"[;,、；，]", text) if part.strip()})
        )
    raise ValueError(spec.type)
