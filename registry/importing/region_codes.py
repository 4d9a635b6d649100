"""The region that a cell means: a code, current or retired, or a name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from registry.models import Region
from registry.models.region import GB_T_2260


@dataclass(frozen=True, slots=True)
class RegionReading:
    """Either a region, perhaps with a remark on how it was arrived at, or the error that there is none."""

    region: Region | None
    remark: str = ""
    error: str = ""


def read_regions(texts: Iterable[str], scheme: str, home: Region | None = None) -> dict[str, RegionReading]:
    """Each distinct text as a region of `scheme` (or of another, written `scheme:code`).

    A retired code becomes its successor, or where it was split up the nearest region that holds all of them. A name is
    looked for inside `home` first, then in the whole scheme, and must be the only one of its kind.
    """
    wanted = sorted(set(texts))
    codes: dict[tuple[str, str], Region] = {}
    keys = {text: _key(text, scheme) for text in wanted}
    for named in {scheme for scheme, _code in keys.values()}:
        found = Region.objects.filter(scheme=named, code__in=[code for s, code in keys.values() if s == named])
        codes |= {(named, region.code): region for region in found.prefetch_related("successors").defer("boundary")}
    names = [text for text in wanted if keys[text] not in codes]
    by_name: dict[str, list[Region]] = {}
    for region in Region.objects.current().filter(scheme=scheme, name__in=names).defer("boundary"):
        by_name.setdefault(region.name, []).append(region)
    return {
        text: _current(codes[keys[text]]) if keys[text] in codes else _named(text, by_name.get(text, []), home)
        for text in wanted
    }


def _key(text: str, scheme: str) -> tuple[str, str]:
    """Scheme and code. Statistical codes carry six or more digits behind GB/T 2260's six; short ones lack zeros."""
    given, colon, code = text.rpartition(":")
    scheme = given if colon else scheme
    if scheme == GB_T_2260 and re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", code):
        return scheme, code[:6].ljust(6, "0")
    return scheme, code


def _current(region: Region) -> RegionReading:
    if not region.retired:
        return RegionReading(region)
    successors = list(region.successors.all())
    heir = successors[0] if len(successors) == 1 else _holder_of(region, successors)
    if heir is None:
        return RegionReading(None, error=_("The code %(code)s is retired.") % {"code": region.code})
    remark = _("The code %(code)s (%(name)s) is retired; read as %(heir)s (%(heir_name)s).") % {
        "code": region.code,
        "name": region.name,
        "heir": heir.code,
        "heir_name": heir.name,
    }
    return RegionReading(heir, remark)


def _holder_of(region: Region, successors: list[Region]) -> Region | None:
    """The nearest current region that all successors (or, where none are known, the retired code itself) lie in."""
    codes = [successor.code for successor in successors] or [region.code]
    shared = codes[0]
    while not all(code.startswith(shared) for code in codes):
        shared = shared[:-1]
    prefixes = [shared[:length] for length in range(len(shared), 0, -1)]
    holders = Region.objects.current().filter(scheme=region.scheme, prefix__in=prefixes).defer("boundary")
    return max(holders, key=lambda holder: len(holder.prefix), default=None)


def _named(text: str, found: list[Region], home: Region | None) -> RegionReading:
    inside = [region for region in found if home is not None and home.covers(region)] or found
    if len(inside) == 1:
        return RegionReading(inside[0])
    if inside:
        return RegionReading(None, error=_("Several regions are named %(name)s: give the code.") % {"name": text})
    return RegionReading(None, error=_("There is no region %(code)s.") % {"code": text})
