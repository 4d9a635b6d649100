"""Which column of a file fills which column of the registry: headings in English, Chinese and French.

A heading is compared without case, accents, punctuation, and the unit in brackets or at its end, which it lends to its
cells: “Height (ft)”, “塔高（米）”, `height_ft`.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from registry.importing.short_headings import SHORT
from registry.importing.synonyms import ASSET, KIND
from registry.importing.table import SourceTable, UnreadableFile

DBF_SUFFIX = re.compile(r",[A-Z],\d+(,\d+)?$")
BRACKETED = re.compile(r"[(\[（【]([^)\]）】]*)[)\]）】]")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a target's cells stand: the index of the source column, and what its heading may say of their unit."""

    index: int
    heading: str
    stated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognised:
    """columns: target -> Column. unused: headings that fill nothing."""

    columns: Mapping[str, Column]
    unused: Sequence[str] = field(default_factory=tuple)


def asset_headings(kind: str) -> dict[str, tuple[str, ...]]:
    """Target -> known headings, best first, for a kind of asset."""
    merged = dict(ASSET)
    for target, headings in KIND[kind].items():
        merged[target] = (*headings, *ASSET.get(target, ()))
    short = {target: (SHORT[target],) if target in SHORT else () for target in merged}
    return {target: (target, *short[target], *headings) for target, headings in merged.items()}


def recognise(
    table: SourceTable, known: Mapping[str, Iterable[str]], mapping: Mapping[str, str] | None = None
) -> Recognised:
    """Each target's column: what `mapping` (source heading -> target) says, else the best known heading.

    Raises UnreadableFile when `mapping` names a heading or target that is not there.
    """
    columns: dict[str, Column] = {}
    normal = [normalise(heading) for heading in table.headings]
    for source, target in (mapping or {}).items():
        if target not in known:
            raise UnreadableFile(_no_such(_("There is no field “%(name)s” to fill"), target, known))
        index = _find(table.headings, normal, source)
        columns[target] = _column(table, index, known[target])
    taken = {column.index for column in columns.values()}
    for target, headings in known.items():
        for heading in [] if target in columns else map(normalise, headings):
            index = next((n for n, name in enumerate(normal) if name == heading and n not in taken), -1)
            if index >= 0:
                columns[target] = _column(table, index, known[target])
                taken.add(index)
                break
    unused = tuple(heading for n, heading in enumerate(table.headings) if n not in taken)
    return Recognised(columns, unused)


def normalise(heading: str) -> str:
    """A heading without case, accents, punctuation, a DBF type suffix, or the unit it states.

    >>> normalise("DÉNOMINATI,C,50"), normalise("塔高（米）"), normalise("Height (ft)"), normalise("height_ft")
    ('denominati', '塔高', 'height', 'height')
    """
    text = BRACKETED.sub("", DBF_SUFFIX.sub("", heading.strip()))
    text = _unaccented(text).casefold()
    text = re.sub(r"[^\w@]+", "_", text).strip("_")
    unit = _trailing_unit(text)
    return text.removesuffix(f"_{unit}") if unit else text


def stated_units(heading: str) -> tuple[str, ...]:
    """What stands in brackets in a heading, and the unit at its end, spelled as units are, without accents.

    >>> stated_units("Height (AGL) (ft)"), stated_units("height_ft"), stated_units("塔高")
    (('agl', 'ft'), ('ft',), ())
    """
    noted = [_unaccented(text).strip().lower() for text in BRACKETED.findall(heading)]
    rest = unicodedata.normalize("NFKC", BRACKETED.sub("", DBF_SUFFIX.sub("", heading.strip()))).lower()
    unit = _trailing_unit(re.sub(r"\W+", "_", rest).strip("_"))
    trailing = [{"kn_m2": "kn/m2", "db_km": "db/km", "pct": "%"}.get(unit, unit)] if unit else []
    return tuple(filter(None, [*noted, *trailing]))


def known_names(known: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """All headings of `known`, normalised."""
    return frozenset(normalise(heading) for headings in known.values() for heading in headings)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """` – did you mean A, B?` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.6)
    return _(" – did you mean %(names)s?") % {"names": ", ".join(close)} if close else ""


def _column(table: SourceTable, index: int, headings: Iterable[str]) -> Column:
    """What ends one of the registry's own names is no unit: `mounting_h`, as Shapefiles cut it, some in capitals."""
    heading = table.headings[index]
    return Column(index, heading, () if heading.casefold() in headings else stated_units(heading))


def _unaccented(text: str) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    return "".join(character for character in text if not unicodedata.combining(character))


def _trailing_unit(text: str) -> str | None:
    for unit in (
        "kn_m2",
        "db_km",
        "pct",
        "mm",
        "cm",
        "km",
        "m2",
        "ft",
        "kg",
        "kw",
        "kv",
        "ohm",
        "m",
        "h",
        "w",
        "v",
        "db",
    ):
        if text.endswith(f"_{unit}"):
            return unit
    return None


def _find(headings: Sequence[str], normal: Sequence[str], source: str) -> int:
    for candidates, name in ((headings, source), (normal, normalise(source))):
        if name in candidates:
            return candidates.index(name)
    raise UnreadableFile(_no_such(_("There is no column “%(name)s” in the file"), source, headings))


def _no_such(message: str, name: str, candidates: Iterable[str]) -> str:
    return message % {"name": name} + (nearest(name, candidates) or ".")
