"""The four kinds of asset: the one table every other module reads.

A kind fixes the geometry, the one countable unit, and which loads add up to a limit.
"""

import re
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ENDS = re.compile("[,:、：]")


class Kind(models.TextChoices):
    TOWER = "tower", _("Tower, pole, mast or rooftop")
    DUCT = "duct", _("Duct, pipe or tray")
    FIBER = "fiber", _("Fiber cable")
    EQUIPMENT_ROOM = "equipment_room", _("Equipment room")


def short(label: str | Promise) -> str:
    """What comes before the first comma or colon of a label, enough beside others: "Tower" of "Tower, pole, mast or
    rooftop", "受限" of "受限：他人仅见网格单元"."""
    return str(ENDS.split(str(label), maxsplit=1)[0])


@dataclass(frozen=True)
class KindFacts:
    """What holds for every asset of a kind.

    geometry: the OGC type name of its geometry, in WGS 84 longitude and latitude.
    unit, units: the countable unit, as people in the field call it.
    loads: the Asset and Allocation columns, beside units, that add up to a limit.
    contiguous: whether one holder's units must follow one another (rack units in a rack).
    """

    kind: Kind
    geometry: str
    unit: str | Promise
    units: str | Promise
    loads: tuple[str, ...]
    contiguous: bool

    @property
    def is_route(self) -> bool:
        """Whether demands for this kind ask for a route from A to B rather than a place."""
        return self.geometry == "LineString"


KINDS: dict[str, KindFacts] = {
    facts.kind.value: facts
    for facts in (
        KindFacts(
            Kind.TOWER,
            "Point",
            _("mount"),
            _("mounts"),
            ("weight_kg", "wind_area_m2", "power_kw"),
            contiguous=False,
        ),
        KindFacts(Kind.DUCT, "LineString", _("bore"), _("bores"), (), contiguous=False),
        KindFacts(Kind.FIBER, "LineString", _("core"), _("cores"), (), contiguous=False),
        KindFacts(
            Kind.EQUIPMENT_ROOM,
            "Point",
            _("rack unit"),
            _("rack units"),
            ("power_kw",),
            contiguous=True,
        ),
    )
}
LOADS = ("weight_kg", "wind_area_m2", "power_kw")
ROUTE_KINDS = tuple(kind for kind, facts in KINDS.items() if facts.is_route)
POINT_KINDS = tuple(kind for kind, facts in KINDS.items() if not facts.is_route)
