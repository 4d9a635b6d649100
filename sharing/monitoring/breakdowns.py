"""What figures are broken down by, and how the keys of their rows read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, Substr, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind, short
from registry.models import Organization, Protection, Region, Sector
from registry.models.region import GB_T_2260
from sharing.monitoring.scope import Scope

PAIR = ">"
Labels = Callable[[Iterable[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Breakdown:
    """labels: from keys to words. over_time: whether the rows follow one another in time."""

    code: str
    title: str | Promise
    labels: Labels
    over_time: bool = False


def kind_name(code: str) -> str:
    """Of a kind, in a word."""
    return short(Kind(code).label)


def level_name(code: str) -> str:
    """Of a level of protection, without what it means."""
    return short(Protection(code).label)


def _regions(keys: Iterable[str]) -> Mapping[str, str]:
    """Of prefixes as `region_key` gives them; one that is no region's of its own stays a number."""
    wanted = list(keys)
    names = dict(Region.objects.filter(prefix__in=wanted, retired=False).values_list("prefix", "name"))
    return {key: f"{key} {names.get(key, '')}".strip() for key in wanted}


def _owners(keys: Iterable[str]) -> Mapping[str, str]:
    names = dict(Organization.objects.filter(pk__in=[int(key) for key in keys]).values_list("pk", "name"))
    return {str(pk): name for pk, name in names.items()}


def _pairs(keys: Iterable[str]) -> Mapping[str, str]:
    return {key: " → ".join(str(Sector(sector).label) for sector in key.split(PAIR)) for key in keys}


KIND = Breakdown("kind", _("Kind"), lambda keys: {key: kind_name(key) for key in keys})
SECTOR = Breakdown("sector", _("Sector of the party"), lambda keys: {key: str(Sector(key).label) for key in keys})
SECTORS = Breakdown("sectors", _("Sectors: owner → user"), _pairs)
REGION = Breakdown("region", _("Region"), _regions)
MONTH = Breakdown("month", _("Month"), lambda keys: {key: key for key in keys}, over_time=True)
TOTAL = Breakdown("total", _("In all"), lambda keys: {key: str(_("In all")) for key in keys})
OWNER = Breakdown("owner", _("Owner"), _owners)


def scheme_of(scope: Scope) -> str:
    """The scheme of the regions that the figures are of."""
    return scope.region.scheme if scope.region else next((scheme for scheme, _prefix in scope.regulated), GB_T_2260)


def region_level(scope: Scope) -> int:
    """How many digits the keys of regions have: one level below the region that the figures are of."""
    widest = [len(scope.region.prefix)] if scope.region else [len(prefix) for _scheme, prefix in scope.regulated]
    return min(min(widest, default=0) + 2, 6)


def region_key(scope: Scope, path: str) -> Any:
    """The prefix of the division that the region at `path` lies in (GB/T 2260 has two digits a level); a code of
    another scheme as it is, for its own rows alone."""
    whole = scheme_of(scope) != GB_T_2260
    return Substr(f"{path}__code", 1) if whole else Substr(f"{path}__code", 1, region_level(scope))


def key_of(scope: Scope, by: str, *, region: str = "", month: str = "", **others: Any) -> Any:
    """The key of rows that are broken down by `by`. region, month: the paths of the region and of the moment of a row;
    others: by the code of each other breakdown, a path or an expression."""
    match by:
        case REGION.code:
            return region_key(scope, region)
        case TOTAL.code:
            return Value(TOTAL.code, output_field=CharField())
        case MONTH.code:
            return TruncMonth(month)
        case _:
            return F(others[by]) if isinstance(others[by], str) else others[by]


def pair_key(owner: str, holder: str) -> Any:
    return Concat(f"{owner}__sector", Value(PAIR), f"{holder}__sector", output_field=CharField())


def id_key(path: str) -> Any:
    return Cast(path, CharField())


def text_of(key: Any) -> str:
    """A key as it is stored and put into addresses."""
    return key.strftime("%Y-%m") if hasattr(key, "strftime") else str(key)
