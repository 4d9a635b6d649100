"""Cells to numbers, dates and choices, a whole column at a time.

A column is first tried as plain numbers by numpy; what is left is parsed once for each distinct text.
"""

import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from registry.importing.table import INEXACT_FROM, Cells, as_text

_BLANK_WORDS = (
    "",
    "-",
    "--",
    "—",
    "/",
    "\\",
    "n/a",
    "na",
    "nan",
    "null",
    "none",
    "nil",
    "unknown",
    "无",
    "未知",
    "不详",
)
BLANKS = frozenset(
    form for word in _BLANK_WORDS for form in (word, word.upper(), word.title(), word.capitalize(), "NaN")
)
TRUE = frozenset({"1", "true", "t", "yes", "y", "是", "有", "oui", "vrai", "x", "√"})
FALSE = frozenset({"0", "false", "f", "no", "n", "否", "没有", "无", "non", "faux", "×"})

_FOOT, _INCH, _POUND = 0.3048, 0.0254, 0.45359237
_METRIC = {"": 1, "kilo": 1000, "deci": 0.1, "centi": 0.01, "milli": 0.001}
_METRES = ("metre", "metres", "meter", "meters")
# In kN, each on a square metre.
_LOADS = {"kn": 1, "千牛": 1, "n": 0.001, "kg": 0.00980665, "公斤": 0.00980665, "千克": 0.00980665, "kgf": 0.00980665}
UNITS: dict[str, dict[str, float]] = {
    "m": {
        "m": 1, **{prefix + metre: factor for prefix, factor in _METRIC.items() for metre in _METRES}, "ml": 1,
        "米": 1, "mm": 0.001, "毫米": 0.001, "cm": 0.01,
        "厘米": 0.01, "dm": 0.1, "km": 1000, "公里": 1000, "千米": 1000, "ft": _FOOT, "foot": _FOOT, "feet": _FOOT,
        "'": _FOOT, "英尺": _FOOT, "in": _INCH, "inch": _INCH, "inches": _INCH, '"': _INCH, "英寸": _INCH,
        "mi": 1609.344, "mile": 1609.344, "miles": 1609.344,
    },
    "kg": {
        "kg": 1, "kgs": 1, "kilogram": 1, "kilograms": 1, "kilogramme": 1, "kilogrammes": 1, "公斤": 1, "千克": 1,
        "g": 0.001, "gram": 0.001, "grams": 0.001, "gramme": 0.001, "grammes": 0.001, "t": 1000, "吨": 1000,
        "tonne": 1000, "tonnes": 1000, "lb": _POUND, "lbs": _POUND, "pound": _POUND, "pounds": _POUND, "磅": _POUND,
    },
    "kw": {"kw": 1, "kilowatt": 1, "kilowatts": 1, "千瓦": 1, "w": 0.001, "watt": 0.001, "watts": 0.001, "瓦": 0.001,
           "mw": 1000, "兆瓦": 1000},
    "kv": {"kv": 1, "kilovolt": 1, "kilovolts": 1, "千伏": 1, "v": 0.001, "volt": 0.001, "volts": 0.001, "伏": 0.001},
    "m2": {
        "m2": 1, "m²": 1, "sqm": 1, "sq m": 1, "㎡": 1, **{f"square {metre}": 1 for metre in _METRES},
        "平方米": 1, "平米": 1, "cm2": 1e-4, "ft2": _FOOT**2, "sq ft": _FOOT**2, "sqft": _FOOT**2,
        "square foot": _FOOT**2, "square feet": _FOOT**2, "平方英尺": _FOOT**2,
    },
    "kn_m2": {"kn/m²": 1, "kpa": 1, "pa": 0.001,
              **{f"{load}/{area}": factor for load, factor in _LOADS.items() for area in ("m2", "平方米")}},
    "h": {"h": 1, "hr": 1, "hrs": 1, "hour": 1, "hours": 1, "heure": 1, "heures": 1, "小时": 1, "min": 1 / 60,
          "minute": 1 / 60, "minutes": 1 / 60, "分钟": 1 / 60},
    "ohm": {"ohm": 1, "ohms": 1, "ω": 1, "欧": 1, "欧姆": 1},
    "pct": {"%": 1, "percent": 1, "percentage": 1},
    "db_km": {"db/km": 1, "db/公里": 1, "db/千米": 1},
    "db": {"db": 1, "db/个": 1},
    "share": {"%": 0.01, "percent": 0.01, "percentage": 0.01},
    "money": {
        "元": 1, "年": 1, "每年": 1, "year": 1, "yr": 1, "per year": 1, "元/年": 1, "元/个/年": 1, "元/孔/年": 1,
        "元/芯/年": 1, "元/u/年": 1, "千元": 1e3, "千元/年": 1e3, "万元": 1e4, "万元/年": 1e4, "百万元": 1e6,
        "百万元/年": 1e6, "亿元": 1e8,
    },
}  # fmt: skip
UNITS["mm"] = {unit: factor * 1000 for unit, factor in UNITS["m"].items()}
UNITS["km"] = {unit: factor / 1000 for unit, factor in UNITS["m"].items()}

# Before what a spreadsheet would run (importing.markers).
MARK = re.compile(r"^'(?=[=+\-@])")
# Of a number, a date or a choice: the patterns below go back and forth in spaces, which takes the square of them.
MOST_CHARACTERS = 500
# Of a long number that a spreadsheet has saved as it shows it, only the first digits are left.
SHORTENED = re.compile(r"-?\d([.,]\d+)?[eE]\+\d{2,}")
FEET_AND_INCHES = re.compile(r"(?P<feet>\d+)\s*(?:'|ft|feet)\s*(?P<inches>\d+(?:\.\d+)?)\s*(?:\"|''|in)?\Z")
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?)?(?:[T ].*)?\Z")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column of values: `values` (object array, None where blank), and the reason for each cell refused."""

    values: Cells
    errors: dict[int, str]


def parse_column(cells: Cells, parse: Callable[[str], object], said: frozenset[str] = frozenset()) -> Parsed:
    """Each distinct text parsed once; `parse` raises ValueError with the reason. said: as in `is_blank`."""
    texts = as_text(cells)
    values: dict[str | None, object] = {None: None}
    refused: dict[str, str] = {}
    for text in set(texts.tolist()) - {None}:
        try:
            if len(text) > MOST_CHARACTERS:
                raise ValueError(_("The cell has more than %(most)d characters.") % {"most": MOST_CHARACTERS})
            values[text] = None if is_blank(text, said) else parse(MARK.sub("", text.strip()))
        except ValueError as error:
            values[text] = None
            refused[text] = str(error)
    parsed = np.array([values[text] for text in texts], dtype=object) if len(texts) else texts
    errors = {n: refused[text] for n, text in enumerate(texts) if text in refused} if refused else {}
    return Parsed(parsed, errors)


def are_shares(cells: Cells, values: Cells, factor: float = 1.0) -> bool:
    """Whether a column of percentages seems to hold shares of 1, as spreadsheets keep what they show as 85 %: none of
    its values is above 2, as 105 % of an overloaded tower is not, some lie between 0 and 1, and no cell has a percent
    sign. factor: what the cells were multiplied by to be `values`."""
    known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    known = known[~np.isnan(known)] / factor
    if not ((known > 0) & (known < 1)).any() or ((known < 0) | (known > 2)).any():
        return False
    return not any("%" in text or "％" in text for text in as_text(cells) if text)


def refused_column(cells: Cells, reason: str) -> Parsed:
    """Every cell that holds something refused for the reason."""
    values = np.full(len(cells), None, dtype=object)
    filled = [text is not None and not is_blank(text) for text in as_text(cells)]
    return Parsed(values, dict.fromkeys(np.flatnonzero(filled).tolist(), reason))


def parse_texts(
    cells: Cells, max_length: int | None = None, unmarked: Callable[[str], str] = lambda text: text
) -> Parsed:
    """Stripped text, None where blank, without its mark (`unmarked` takes it off); refused where too long, where it is
    a number that has lost digits, or where it holds what PostgreSQL's text cannot."""
    texts = [text.strip() if text else None for text in as_text(cells).tolist()]
    errors: dict[int, str] = {}
    if cells.dtype.kind == "f":
        for index in np.flatnonzero(np.abs(cells) >= INEXACT_FROM).tolist():
            texts[index] = None
            errors[index] = _("The number has lost its last digits: store the column as text.")
    for index, text in enumerate(texts):
        if text is None or text in BLANKS:
            texts[index] = None
            continue
        if text[0] == "'":
            text = texts[index] = unmarked(text)
        if max_length is not None and len(text) > max_length:
            texts[index] = None
            errors[index] = _("The text has %(length)d characters, more than %(most)d.") % {
                "length": len(text),
                "most": max_length,
            }
        elif "\0" in text:
            texts[index] = None
            errors[index] = _("The text holds a zero byte.")
        elif "+" in text and SHORTENED.fullmatch(text):
            texts[index] = None
            errors[index] = _(
                "A spreadsheet has shortened this number: format the column as text, and enter the codes anew."
            )
    return Parsed(np.array([*texts, None], dtype=object)[:-1], errors)


def parse_quantities(cells: Cells, unit: str, *, source_unit: str | None = None, several: str = "") -> Parsed:
    """Numbers in `unit` (a key of UNITS, or "" for a bare number).

    A cell may carry its own unit (`250'`, `16 ft`, `12,5 m`); one without is in `source_unit`, the unit its heading
    states (a key of UNITS[unit]), or else in `unit`. `several="max"` takes the greatest of a list such as
    `220000;110000`, for voltages.
    """
    factor = UNITS[unit][source_unit] if source_unit else 1.0
    plain = plain_numbers(cells)
    if plain is not None and not several:
        with np.errstate(over="ignore"):
            numbers = plain * factor
        values = numbers.astype(object)
        values[~np.isfinite(numbers)] = None
        return Parsed(values, {int(n): str(_beyond(cells[n])) for n in np.flatnonzero(np.isinf(numbers))})
    comma = decimal_comma(cells)

    def parse(text: str) -> float:
        if several and ";" in text:
            return max(parse(part.strip()) for part in text.split(";") if not is_blank(part))
        return parse_quantity(text, unit, factor=factor, comma_is_decimal=comma)

    return parse_column(cells, parse)


def parse_quantity(text: str, unit: str, *, factor: float = 1.0, comma_is_decimal: bool | None = None) -> float:
    """One number in `unit`; `factor` applies where the text carries no unit. Raises ValueError with the reason.

    >>> parse_quantity("250'", "m"), parse_quantity("12,5 m", "m"), parse_quantity("35kV", "kv")
    (76.2, 12.5, 35.0)
    """
    straight = text.replace("′", "'").replace("’", "'").replace("″", '"').replace("”", '"')
    text = unicodedata.normalize("NFKC", straight).strip()
    feet = FEET_AND_INCHES.match(text)
    if feet and unit in ("m", "mm", "km"):
        return _rounded(float(feet["feet"]) * UNITS[unit]["ft"] + float(feet["inches"]) * UNITS[unit]["in"])
    suffix = next((u for u in _by_length(unit) if text.lower().endswith(u) and text[: -len(u)].strip()), None)
    number = text[: -len(suffix)].strip() if suffix else text
    value = parse_number(number, comma_is_decimal=comma_is_decimal)
    if suffix is None and unit == "kv" and factor == 1.0 and value >= 2000:
        return value / 1000
    found = _rounded(value * (UNITS[unit][suffix] if suffix else factor))
    if math.isinf(found):
        raise _beyond(text)
    return found


def parse_number(text: str, *, comma_is_decimal: bool | None = None) -> float:
    """A number with a decimal point or comma, grouped by spaces, commas or points.

    `1,250` alone may be a thousand or one and a quarter: unless the rest of its column tells which, it is refused.
    """
    compact = re.sub(r"(?<=\d)[   '](?=\d{3})", "", text)
    if re.fullmatch(r"[+-]?\d+(,\d+)", compact):
        if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", compact) and comma_is_decimal is None:
            raise ValueError(_("“%(text)s” may be read in two ways: write it without a comma.") % {"text": text})
        thousands = comma_is_decimal is False and re.fullmatch(r"[+-]?\d{1,3},\d{3}", compact)
        compact = compact.replace(",", "" if thousands else ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d+", compact):
        compact = compact.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", compact):
        compact = compact.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", compact):
        raise ValueError(_("“%(text)s” is not a number.") % {"text": text})
    number = float(compact)
    if math.isinf(number):
        raise _beyond(text)
    return number


def decimal_comma(cells: Cells) -> bool | None:
    """Whether commas in this column are decimal (12,5), group thousands (1,250.5), or cannot be told (None)."""
    texts = [text for text in set(as_text(cells).tolist()) if text and "," in text]
    if any(re.search(r"\d,(\d{1,2}|\d{4,})(?!\d)", text) or re.match(r"\s*-?0,\d", text) for text in texts):
        return True
    return False if any(re.search(r"\d,\d{3}[.,]\d", text) for text in texts) else None


def parse_integer(text: str) -> int:
    value = parse_number(text, comma_is_decimal=False)
    if value != int(value):
        raise ValueError(_("“%(text)s” is not a whole number.") % {"text": text})
    return int(value)


def parse_boolean(text: str) -> bool:
    word = text.casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": text})


def parse_date(text: str) -> datetime.date:
    """Year first (2027-03-01, 2027/3/1, 2027年3月1日, 2027-03): other orders can be read in two ways."""
    found = DATE.match(text) or re.match(r"(\d{4})(\d{2})(\d{2})\Z", text)
    try:
        if found:
            return datetime.date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        pass
    raise ValueError(_("“%(text)s” is not a date such as 2027-03-01.") % {"text": text})


def choice_parser(choices: Iterable[str], synonyms: Mapping[str, str]) -> Callable[[str], str]:
    """A parser of one of `choices`, by its value or a synonym, whatever the case."""
    known = {choice.casefold(): choice for choice in choices}
    known |= {synonym.casefold(): choice for synonym, choice in synonyms.items() if choice in known.values()}

    def parse(text: str) -> str:
        word = unicodedata.normalize("NFKC", text).casefold().strip()
        found = known.get(word) or known.get(re.sub(r"[\s-]+", "_", word))
        if found is None:
            raise ValueError(
                _("“%(text)s” is not one of: %(choices)s.")
                % {"text": text, "choices": ", ".join(sorted(set(known.values())))}
            )
        return found

    return parse


def is_blank(text: str, said: frozenset[str] = frozenset()) -> bool:
    """Whether the cell tells nothing. said: words, casefolded, that tell something in this column."""
    word = text.strip()
    return word in BLANKS and word.casefold() not in said


def plain_numbers(cells: Cells) -> NDArray[np.float64] | None:
    """The column as floating point numbers (NaN where blank) if every cell is a plain decimal number, else None."""
    if cells.dtype.kind in "iuf":
        return cells.astype(np.float64)
    texts = cells.tolist()
    try:
        values = np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError:
        return None
    # Python's own notation of numbers takes more than tables do: 1_000 and infinity.
    plain = not np.isinf(values).any() and "_" not in "".join(filter(None, texts))
    return values if plain else None


def _beyond(value: object) -> ValueError:
    return ValueError(_("%(value)s is beyond what the registry holds.") % {"value": value})


def _by_length(unit: str) -> list[str]:
    return sorted(UNITS.get(unit, ()), key=len, reverse=True)


def _rounded(value: float) -> float:
    """Converted units without the noise of binary fractions: 250' is 76.2 m, not 76.20000000000002."""
    return float(f"{value:.12g}")
