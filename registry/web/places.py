"""Places for a page's map: GeoJSON of rows, each where its reader may know it to be."""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

Feature = dict[str, Any]

# Of a degree: a centimetre.
DIGITS = 7


def collection(features: Iterable[Feature]) -> Feature:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(place: str, **properties: Any) -> Feature:
    """place: as GeoJSON. Properties that are empty are left out."""
    told = {name: value for name, value in properties.items() if value not in ("", None)}
    return {"type": "Feature", "geometry": json.loads(place), "properties": told}


def asset_features(assets: QuerySet[Any]) -> Feature:
    """Assets that know their `place`, as a FeatureCollection for setShapes and addCatalog of map.js."""
    rows: Iterable[Any] = assets.annotate(place_text=AsGeoJSON("place", precision=DIGITS)).values(
        "id", "code", "name", "kind", "status", "free_today", "capacity", "place_text", "place_is_exact", "protection",
        "owner_id", "owner__sector",
    )  # fmt: skip
    return collection(_of_asset(row) for row in rows)


def plan_features(plans: Iterable[Any]) -> Feature:
    """Plans that know their `place_text`, for setShapes of map.js."""
    return collection(
        feature(
            plan.place_text,
            role="planned",
            label=plan.name,
            note=_("ask by %(day)s") % {"day": date_format(plan.request_by, "SHORT_DATE_FORMAT")},
            href=reverse("web:facility", args=[plan.pk]),
        )
        for plan in plans
    )


def _of_asset(row: dict[str, Any]) -> Feature:
    note = _("%(free)d of %(capacity)d free") % {"free": row["free_today"], "capacity": row["capacity"]}
    if not row["place_is_exact"]:
        note += " · " + _("the grid cell, not the place")
    return feature(
        row["place_text"],
        role=row["kind"],
        kind=row["kind"],
        sector=row["owner__sector"],
        free_share=round(row["free_today"] / row["capacity"], 3),
        exact=row["place_is_exact"],
        label=f"{row['code']} {row['name']}".strip(),
        note=note,
        href=reverse("web:asset", args=[row["id"]]),
    )
