"""A file as it would be read, before anything lands: its first rows, which column is what, where its places lie."""

import difflib
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from registry.importing import coordinates
from registry.importing.assets import SCHEME_EXTENTS, open_assets
from registry.importing.headings import asset_headings, normalise
from registry.importing.intake import Intake, Options
from registry.importing.places import has_places, read_places
from registry.importing.table import UnreadableFile
from registry.kinds import KINDS
from registry.models import Organization

ROWS, PLACES, CHARACTERS = 20, 500, 60
CLOSE = 0.75


def preview(path: Path, *, owner: Organization, kind: str, options: Options) -> dict[str, Any]:
    """headings: of the file. columns: field -> heading. suggested: heading that fills nothing -> field it may be.
    rows: the first ROWS, as {"row", "cells"}. places: up to PLACES of them as GeoJSON, spread over the file and on
    earth. placed, outside, swapped: how many were looked at, how many of these lie outside the owner's region, and how
    many would lie inside it with longitude and latitude swapped. crs: what the coordinates were taken for. trouble:
    why there are no places, or "".

    Raises UnreadableFile.
    """
    intake = open_assets(path, kind, options)
    table = intake.table
    return {
        "headings": table.headings,
        "columns": {target: column.heading for target, column in intake.recognised.columns.items()},
        "suggested": _suggested(intake, asset_headings(kind)),
        "rows": [
            {"row": int(table.row_numbers[n]), "cells": [cell[:CHARACTERS] for cell in table.original(n)]}
            for n in range(min(ROWS, len(table)))
        ],
        "row_count": table.row_count,
        "layer": table.layer or "",
        "encoding": table.encoding or "",
        **_places(intake, owner, kind),
    }


def _suggested(intake: Intake, known: dict[str, tuple[str, ...]]) -> dict[str, str]:
    names = {normalise(heading): target for target, headings in reversed(known.items()) for heading in headings}
    free = {name: target for name, target in names.items() if target not in intake.recognised.columns}
    found = {}
    for heading in intake.recognised.unused:
        close = difflib.get_close_matches(normalise(heading), list(free), n=1, cutoff=CLOSE)
        if close:
            found[heading] = free[close[0]]
    return found


def _places(intake: Intake, owner: Organization, kind: str) -> dict[str, Any]:
    nothing = {"type": "FeatureCollection", "features": []}
    none = {"places": nothing, "placed": 0, "outside": 0, "swapped": 0, "crs": "", "trouble": ""}
    if not has_places(intake):
        return none | {"trouble": _("No column of places was recognised.")}
    try:
        geometry, crs = read_places(intake, KINDS[kind].geometry)
    except UnreadableFile as error:
        return none | {"trouble": str(error)}
    placed = np.flatnonzero(~shapely.is_missing(geometry))
    chosen = placed[np.linspace(0, len(placed) - 1, min(PLACES, len(placed))).astype(int)] if len(placed) else placed
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(geometry[n]),
            "properties": {
                "role": kind,
                "label": _("Row %(row)d") % {"row": int(intake.table.row_numbers[n])},
                "note": " · ".join(filter(None, intake.table.original(int(n))))[:CHARACTERS],
            },
        }
        for n in chosen[_on_earth(geometry[chosen])]
    ]
    outside, swapped = _outside(geometry[chosen], owner)
    return none | {
        "places": {"type": "FeatureCollection", "features": features},
        "placed": len(chosen),
        "outside": outside,
        "swapped": swapped,
        "crs": crs,
    }


def _on_earth(geometry: Any) -> Any:
    """Which of the places a map can draw: not those with a latitude beyond the poles, as swapped ones have."""
    west, south, east, north = shapely.bounds(geometry).T
    return (west >= -180) & (south >= -90) & (east <= 180) & (north <= 90)


def _outside(geometry: Any, owner: Organization) -> tuple[int, int]:
    """How many lie outside the owner's region, or its country where no boundary is known, and how many of those would
    be inside when swapped; without either nothing is known."""
    if owner.region.boundary is None:
        country = SCHEME_EXTENTS.get(owner.region.scheme)
        if country is None:
            return 0, 0
        away, swapped = coordinates.outside(geometry, country)
        return int(np.count_nonzero(away)), int(np.count_nonzero(away & swapped))
    region = shapely.from_wkb(bytes(owner.region.boundary.wkb))
    shapely.prepare(region)
    away = geometry[~shapely.intersects(region, geometry)]
    turned = shapely.transform(away, lambda corners: corners[:, ::-1])
    return len(away), int(np.count_nonzero(shapely.intersects(region, turned)))
