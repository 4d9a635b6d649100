"""Places for a page's map: GeoJSON of rows, each where its reader may know it to be."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.models import Organization, Region

# Of a degree: a centimetre.
DIGITS = 7


def asset_features(assets: QuerySet[Any]) -> dict[str, Any]:
    """Assets that know their `place`, as a FeatureCollection for setShapes of map.js."""
    rows: Iterable[Any] = assets.annotate(place_text=AsGeoJSON("place", precision=DIGITS)).values(
        "id", "code", "name", "kind", "status", "free_today", "capacity", "place_text", "place_is_exact"
    )
    return {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}


def home_of(owners: QuerySet[Organization]) -> list[float] | None:
    """West, south, east and north of the home region of the first of `owners` that has a boundary."""
    found = owners.filter(region__boundary__isnull=False).values_list("region", flat=True).first()
    box = Region.objects.filter(pk=found).aggregate(box=Extent("boundary"))["box"] if found else None
    return list(box) if box else None


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


def plan_features(plans: Iterable[Any]) -> dict[str, Any]:
    """Plans that know their `place_text`, for setShapes of map.js."""
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(plan.place_text),
            "properties": {
                "role": "planned",
                "label": plan.name,
                "note": _("ask by %(day)s") % {"day": date_format(plan.request_by, "Y-m-d")},
                "href": reverse("web:facility", args=[plan.pk]),
            },
        }
        for plan in plans
    ]
    return {"type": "FeatureCollection", "features": features}
