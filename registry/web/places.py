"""Places for a page's map: GeoJSON of rows, each where its reader may know it to be."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

# Of a degree: a centimetre.
DIGITS = 7


def asset_features(assets: QuerySet[Any]) -> dict[str, Any]:
    """Assets that know their `place`, as a FeatureCollection for setShapes of map.js."""
    rows: Iterable[Any] = assets.annotate(place_text=AsGeoJSON("place", precision=DIGITS)).values(
        "id", "code", "name", "kind", "status", "free_today", "capacity", "place_text", "place_is_exact"
    )
    return {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    note = _("%(free)d of %(capacity)d free") % {"free": row["free_today"], "capacity": row["capacity"]}
    if not row["place_is_exact"]:
        note += " · " + _("the grid cell, not the place")
    return {
        "type": "Feature",
        "geometry": json.loads(row["place_text"]),
        "properties": {
            "role": row["kind"],
            "label": f"{row['code']} {row['name']}".strip(),
            "note": note,
            "href": reverse("web:asset", args=[row["id"]]),
        },
    }
