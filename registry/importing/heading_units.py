"""What a heading says of the unit of its cells: one that the column is read in, another one, or nothing but a note.

What reads like a unit, and is none of the column's own, is refused: taken for a note it would change every value of
the column. So is a word alone that is no known note, where nothing else states the unit: nobody can list all units.
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from registry.importing.quantities import UNITS

# Units and periods that stand above columns and are those of no field.
OTHER = frozenset({
    "yd", "yds", "yard", "yards", "码", "尺", "丈", "寸", "里", "海里", "μm", "um", "微米", "mil", "nmi", "pied",
    "pieds", "pouce", "pouces",
    "d", "day", "days", "jour", "jours", "天", "日", "week", "weeks", "周", "month", "months", "monthly", "mo", "mois",
    "月", "每月", "按月", "月租", "pcm", "pm", "p.m", "quarter", "季", "季度", "s", "sec", "seconds", "秒", "mins",
    "分",
    "ah", "安时", "a", "va", "kva", "千伏安", "mva", "伏特", "瓦特", "hp", "kwh", "度",
    "ha", "公顷", "亩", "acre", "acres", "km2", "mm2", "平方",
    "斤", "两", "oz", "st", "ton", "tons", "n", "kn", "牛", "千牛", "mpa", "bar", "psi", "psf", "kgf", "mohm", "kohm",
    "mω", "kω",
    "‰", "permille", "成", "db/m", "db/100m", "dbm",
    "万", "千", "百万", "亿", "万个", "thousand", "million", "millions", "k", "k元", "w元", "k€", "k$", "m€", "m$",
})  # fmt: skip
# Read like units where these are none of the column's own.
NOTES = frozenset({
    "min", "max", "avg", "agl", "asl", "gl", "bgl", "hag", "ngf", "dn", "opt", "req", "est", "nom", "tot", "int",
    "ext", "no", "nb", "nr", "new", "old", "tbc", "tbd", "n/a", "ac", "dc",
    "minimum", "maximum", "average", "mean", "total", "overall", "approx", "approximate", "estimated", "measured",
    "nominal", "design", "rated", "actual", "required", "optional", "mandatory", "available", "planned", "installed",
    "gross", "net", "each", "inner", "outer", "number", "numeric", "decimal", "factor", "ratio", "times",
    "environ", "mini", "maxi", "totale", "obligatoire", "facultatif",
    "ttc", "ht", "cny", "rmb", "yuan", "usd", "eur", "euro", "euros", "hkd", "gbp", "jpy", "€", "$", "£", "¥",
    "人民币", "美元", "欧元", "港元", "日元", "u", "pcs", "od", "id", "nm",
})  # fmt: skip
# Prices are by the year, of one unit of the asset.
YEARS = frozenset({"年", "year", "yr", "annum", "yearly", "annual", "annually", "an", "annuel", "annuelle", "按年"})
PIECES = frozenset({
    "u", "unit", "core", "fiber", "fibre", "strand", "mount", "bore", "duct", "hole", "rack", "site", "tower", "pole",
    "piece", "pc", "pcs", "fourreau", "baie", "support",
})  # fmt: skip
# How whole numbers are marked: 24D is a cable of 24 cores.
COUNTS = frozenset({"n", "d"})
KNOWN = frozenset(unit for units in UNITS.values() for unit in units) | OTHER
# Within a text these hold their meaning without spaces around them.
LONG = tuple(unit for unit in KNOWN if len(unit) > 1 and not unit.isascii())
# Within the word for a piece these measure or multiply it.
MEASURING = frozenset(unit for unit in KNOWN if len(unit) == 1 and not unit.isascii()) | frozenset("半双对十百倍")
# A figure, or how exact the cells are, says nothing of their unit beside what does; the 2 of m2 and 100 of dB/100m do.
ASIDE = re.compile(r"(?<![a-z/\d])\d|精确|精度|误差")
MULTIPLE = re.compile(r"(?<!\d)1[0, ]*000(?!\d)|10\^\d")
# 百米, 按日; longer ones are sentences, which end in anything.
SHORT_WORD = re.compile(r".{1,2}[米尺丈寸斤吨磅瓦伏元天日周月季]")
LONE_WORD = re.compile(r"[^\W\d_\u4e00-\u9fff]+[23]?")
# m以上, ft为单位; not T型支架
LATIN_HEAD = re.compile(r"[a-z]+(?=[以及为计])")
PIECE = re.compile(r"[a-z\u4e00-\u9fff]+")


def unit_of_cells(stated: Iterable[str], unit: str, *, counted: bool = False) -> str | None:
    """The one of `stated` (headings.stated_units) that cells without a unit are in, as a key of `UNITS[unit]`; None
    where the heading states none. counted: the cells are whole numbers, which have none.

    Raises ValueError, with the reason, for what reads like another unit, and for several.

    >>> unit_of_cells(["agl", "ft"], "m"), unit_of_cells(["m above ground"], "m"), unit_of_cells(["agl"], "m")
    ('ft', 'm', None)
    """
    stated = tuple(stated)
    parts = [part for text in stated for part in _parts(text, unit)]
    found, others, lone = _read([part for part in parts if not ASIDE.search(part)], unit)
    if not found:
        found, others, lone = _read(parts, unit)
    if counted:
        others, lone = [word for word in others if word in KNOWN - COUNTS], []
    refused = [text for text in stated if MULTIPLE.search(text)] + others + ([] if found else lone)
    if refused:
        raise ValueError(
            _("“%(text)s” in the heading is no unit of this column: convert its cells, or correct the heading.")
            % {"text": refused[0]}
        )
    if len(found) > 1:
        # Backup (h, min)
        found = {factor: word for factor, word in found.items() if word not in NOTES}
    if len(found) > 1:
        raise ValueError(
            _("The heading states several units: %(units)s. Leave the one that the cells are in.")
            % {"units": ", ".join(found.values())}
        )
    return next(iter(found.values()), None)


def _parts(text: str, unit: str) -> list[str]:
    """What punctuation keeps apart, without full stops of abbreviations; of prices all that means “per” is a slash."""
    text = text.replace("^", "")
    if unit == "money":
        text = re.sub(r"\s*(?:[/·]|\bper\b|\bpar\b|每)\s*", "/", text)
    parts = [part.strip().removeprefix("单位").strip() for part in re.split(r"[,;:、，；：·|]", text)]
    return [re.sub(r"\.(?=\s|$)", "", part) for part in parts]


def _read(parts: Iterable[str], unit: str) -> tuple[dict[float, str], list[str], list[str]]:
    """The column's own units by their factors, what reads like others, and words alone that are no known notes."""
    own = UNITS.get(unit, {})
    found: dict[float, str] = {}
    others: list[str] = []
    lone: list[str] = []
    for part in parts:
        for text in [part] if part in own else part.split():
            word = _own_word(_amount(text) if unit == "money" else text, own)
            if text == "in" != part or (unit == "money" and word in YEARS | {""}):
                continue
            if word in own:
                found[own[word]] = word
            elif _is_unit(word, alone=word == part) or (unit == "money" and "/" in word and word not in NOTES):
                others.append(word)
            elif word == part and word not in NOTES and LONE_WORD.fullmatch(word):
                lone.append(word)
    return found, others, lone


def _amount(word: str) -> str:
    """What a price is told in, without of what and by which period, where those are a piece and a year.

    >>> _amount("万元/孔/年"), _amount("/year"), _amount("元/月"), _amount("元/公里/年")
    ('万元', '', '元/月', '元/公里/年')
    """
    amount, *of = word.split("/")
    is_amount = not amount or amount in UNITS["money"] or amount in NOTES
    return amount if is_amount and all(part in YEARS or _is_piece(part) for part in of) else word


def _is_piece(part: str) -> bool:
    return (
        PIECE.fullmatch(part) is not None
        and PIECES.issuperset(re.findall(r"[a-z]+", part))
        and MEASURING.isdisjoint(part)
        and not any(unit in part for unit in LONG)
    )


def _own_word(word: str, own: dict[str, float]) -> str:
    """The unit that a word states in several languages (m/米), or begins with (m以上); else the word."""
    if word in KNOWN:
        return word
    units = word.split("/")
    if len({own.get(unit) for unit in units}) == 1 and units[0] in own:
        return units[0]
    head = LATIN_HEAD.match(word)
    return head[0] if head and head[0] in KNOWN else word


def _is_unit(word: str, *, alone: bool) -> bool:
    """Whether it reads like a unit. alone: nothing else stands in the part."""
    if word in NOTES or (len(word) == 1 and word.isascii() and word.isalpha() and not alone):
        return False
    return (
        any(part in KNOWN and part not in NOTES for part in (word, *re.split(r"[/*]", word)))
        or any(unit in word for unit in LONG)
        or SHORT_WORD.fullmatch(word) is not None
    )
