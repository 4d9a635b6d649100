"""What a route is judged by, as scoring does for points: price, length beside the straight line, new build, owners."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from sharing.matching.explanation import Json, number

if TYPE_CHECKING:
    from sharing.matching.routing import Route

Value = Callable[["Route", float], float]


@dataclass(frozen=True)
class RoutePart:
    """As scoring.Part, of a route between ends so many metres apart."""

    code: str
    text: str | Promise
    unit: str  # untranslated, as it is saved
    weight: float
    value: Value
    score: Value


def parts(route: "Route", straight_m: float) -> list[Json]:
    """The parts of a route's score as they are saved. straight_m: between its ends."""
    straight = max(straight_m, 1.0)
    return [
        {
            "code": part.code,
            "value": number(part.value(route, straight)),
            "unit": part.unit,
            "weight": part.weight,
            "score": number(min(part.score(route, straight), 1.0)),
        }
        for part in PARTS
    ]


def _owners(route: "Route", _straight: float) -> float:
    return float(max(len({leg.owner for leg in route.legs if leg.owner is not None}), 1))


PARTS: tuple[RoutePart, ...] = (
    RoutePart(
        "price", _("yearly price"), gettext_noop("a year"), 0.0,
        lambda route, _straight: route.cost_per_year, lambda _route, _straight: 1.0,
    ),
    RoutePart(
        "detour", _("length over the straight distance"), "", 0.4,
        lambda route, straight: route.length_m / straight,
        lambda route, straight: straight / max(route.length_m, 1.0),
    ),
    RoutePart(
        "new_build", _("new build"), "m", 0.4,
        lambda route, _straight: route.gap_m, lambda route, _straight: 1.0 - route.gap_share,
    ),
    RoutePart(
        "owners", _("number of owners"), "", 0.2,
        _owners, lambda route, straight: 1.0 / _owners(route, straight),
    ),
)  # fmt: skip
"""Weights add up to 1."""
