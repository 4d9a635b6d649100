"""Maps in templates: `{% map "places" _("Where the assets are") %}`, drawn by static/web/map.js."""

import json
from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.kinds import KINDS, Kind

register = template.Library()

# Where a map begins that nothing is known about: longitude and latitude in degrees, and a zoom that shows a country.
CENTER, ZOOM = (105.0, 35.0), 3


@register.inclusion_tag("web/map.html", name="map")
def map_element(id: str, label: str, around: Sequence[float] | None = None) -> dict[str, Any]:
    """The element of a map, and what map.js must know beside what the page itself tells it. around: west, south, east
    and north of where it begins."""
    known = {
        "tiles": settings.MAP_TILES_URL,
        "attribution": settings.MAP_ATTRIBUTION,
        "center": CENTER,
        "zoom": ZOOM,
        "around": around,
        "texts": _texts(),
    }
    return {"id": id, "label": label, "settings": json.dumps(known, ensure_ascii=False)}


def _counts(said: str) -> list[tuple[int, str]]:
    """The units of great numbers in a language, the greatest first: Chinese counts by 10,000 and 100,000,000."""
    pairs = (unit.split(":") for unit in said.split())
    return [(int(size), sign) for size, sign in pairs]


def _texts() -> dict[str, Any]:
    """A % stands for a number."""
    return {
        "kinds": {kind: str(Kind(kind).label) for kind in KINDS},
        "asset_address": reverse("web:asset", args=[0]),
        "counts": _counts(_("1000000:M 1000:k")),
        "free": _("% percent free"),
        "masked": _("the grid cell, not the place"),
        "more": _("and % more"),
        "in_view": _("Shown one by one in this view: %"),
        "in_clusters": _("in clusters: %"),
        "no_map": _("This browser cannot draw maps (WebGL is off); everything else works."),
        "draw_hint": _(
            "Click to set a corner, drag to move it. By keyboard: arrows move the map, Enter sets one at the cross."
        ),
        "draw_undo": _("Undo"),
        "draw_finish": _("Finish"),
        "draw_cancel": _("Cancel"),
        "locale": {
            "NavigationControl.ZoomIn": _("Zoom in"),
            "NavigationControl.ZoomOut": _("Zoom out"),
            "Popup.Close": _("Close"),
        },
    }
