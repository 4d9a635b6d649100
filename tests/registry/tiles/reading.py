"""Tiles as GDAL reads them, and the pyramid counted by hand, with arithmetic of its own."""

import math
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from registry.models import Asset

EARTH_M = 6_378_137.0


def layers(tile: bytes, zoom: int = 0, column: int = 0, row: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Each layer's features with their properties, and `at`: the geometry in metres of EPSG:3857."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / str(zoom) / str(column) / f"{row}.mvt"
        path.parent.mkdir(parents=True)
        path.write_bytes(tile)
        found = {}
        for name, _type in pyogrio.list_layers(path):
            meta, _ids, places, columns = pyogrio.raw.read(path, layer=name)
            found[name] = [
                {field: _value(values[i]) for field, values in zip(meta["fields"], columns, strict=True)}
                | {"at": shapely.from_wkb(places[i])}
                for i in range(len(places))
            ]
        return found


def _value(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def mercator(lon: float, lat: float) -> tuple[float, float]:
    """EPSG:3857, metres east and north; spherical, by its definition (EPSG method 1024)."""
    return EARTH_M * math.radians(lon), EARTH_M * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    """zoom, column, row of the tile around a place."""
    x, y = mercator(lon, lat)
    size = 2 * math.pi * EARTH_M / (1 << zoom)
    half = math.pi * EARTH_M
    return zoom, math.floor((x + half) / size), math.floor((half - y) / size)


def middle_of(place: Any) -> tuple[float, float]:
    west, south, east, north = place.extent
    return (west + east) / 2, (south + north) / 2


def cells_by_hand(zoom: int) -> tuple[Counter[Any], Counter[Any]]:
    """(column, row, kind, sector) of the cells of a zoom -> assets, as everyone may know them; and by how much it
    differs for those entitled: (column, row, kind, sector, owner, region) -> one more, one less."""
    public, protected = Counter[Any](), Counter[Any]()
    for asset in Asset.objects.select_related("owner"):
        what = (asset.kind, asset.owner.sector)
        whose = (asset.owner_id, asset.region_id)
        exact, masked = (tile_at(*middle_of(p), zoom + 4)[1:] for p in (asset.geometry, asset.masked_geometry))
        if asset.protection != "core":
            public[(*masked, *what)] += 1
        if asset.protection != "open":
            protected[(*exact, *what, *whose)] += 1
        if asset.protection == "restricted":
            protected[(*masked, *what, *whose)] -= 1
    return public, Counter({key: n for key, n in protected.items() if n})
