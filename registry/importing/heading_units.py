"""What a heading says of the unit of its cells: one that the column is read in, another one, or nothing but a note.

A note is anything that does not read like a unit. What does, and is none of the column's own, is refused: taken for a
note it would change every value of the column.
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from registry.importing.quantities import UNITS

# Units and periods that stand above columns and are those of no field.
OTHER = frozenset({
    "yd", "yds", "yard", "yards", "码", "尺", "丈", "寸", "里", "μm", "um", "微米", "mil", "nmi",
    "d", "day", "days", "天", "日", "week", "weeks", "周", "month", "months", "月", "每月", "s", "sec", "seconds",
    "秒", "mins", "分",
    "ah", "安时", "a", "va", "kva", "千伏安", "mva", "hp", "kwh", "度",
    "ha", "公顷", "亩", "acre", "acres", "km2", "mm2",
    "斤", "两", "oz", "st", "n", "kn", "牛", "千牛", "mpa", "bar", "psi", "psf", "kgf", "mohm", "kohm", "mω", "kω",
    "‰", "permille", "成", "db/m", "db/100m", "dbm",
    "万", "千", "百万", "亿", "万个", "thousand", "million", "millions", "k", "k€", "k$", "m€", "m$",
})  # fmt: skip
# Read like units where these are none of the column's own.
NOTES = frozenset({
    "min", "max", "avg", "agl", "asl", "gl", "opt", "req", "est", "nom", "tot", "int", "ext", "no", "nb", "nr", "new",
    "old",
    "ttc", "ht", "cny", "rmb", "usd", "eur", "hkd", "gbp", "€", "$", "£", "¥", "u", "pcs", "od", "id", "nm",
})  # fmt: skip
KNOWN = frozenset(unit for units in UNITS.values() for unit in units) | OTHER
# Within a text these hold their meaning without spaces around them.
LONG = tuple(unit for unit in KNOWN if len(unit) > 1 and not unit.isascii())
SHORT_WORD = re.compile(r"[a-z²³µμ]{1,3}")


def unit_of_cells(stated: Iterable[str], unit: str, *, counted: bool = False) -> str | None:
    """The one of `stated` (headings.stated_units) that cells without a unit are in, as a key of `UNITS[unit]`; None
    where the heading states none. counted: the cells are whole numbers, which have none.

    Raises ValueError, with the reason, for what reads like another unit, and for several.

    >>> unit_of_cells(["agl", "ft"], "m"), unit_of_cells(["m above ground"], "m"), unit_of_cells(["agl"], "m")
    ('ft', 'm', None)
    """
    own = UNITS.get(unit, {})
    found: dict[float, str] = {}
    others: list[str] = []
    for text in stated:
        for part in (part.strip().removeprefix("单位") for part in re.split(r"[,;:、，；：·|]", text)):
            words = [part] if part in own else [word for word in part.split() if word != "in" or word == part]
            inside = [word for word in words if word in own]
            found |= {own[word]: word for word in inside}
            others += [word for word in words if word not in inside and _is_unit(word, alone=word == text)]
    if counted:
        others = [word for word in others if word in KNOWN]
    if others:
        raise ValueError(
            _("“%(text)s” in the heading is no unit of this column: convert its cells, or correct the heading.")
            % {"text": others[0]}
        )
    if len(found) > 1:
        raise ValueError(
            _("The heading states several units: %(units)s. Leave the one that the cells are in.")
            % {"units": ", ".join(found.values())}
        )
    return next(iter(found.values()), None)


def _is_unit(word: str, *, alone: bool) -> bool:
    """Whether it reads like a unit. alone: nothing else stands in the brackets."""
    if word in NOTES or (len(word) == 1 and word.isascii() and not alone):
        return False
    parts = re.split(r"[/*^]", word)
    return (
        any(part in KNOWN and part not in NOTES for part in (word, *parts))
        or any(unit in word for unit in LONG)
        or (alone and SHORT_WORD.fullmatch(word) is not None)
    )
