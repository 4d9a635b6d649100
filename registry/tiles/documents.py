"""What clients read before the first tile: the tile matrix set (17-083r4), and the metadata of tilesets."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from registry.ogc.rendering import JSON
from registry.tiles import grid
from registry.tiles.slots import KINDS, SECTORS

TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
CONFORMANCE = tuple(
    TILES + name
    for name in (
        "core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection", "mvt",
    )
)  # fmt: skip

QUAD = "WebMercatorQuad"
QUAD_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{QUAD}"
WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILING_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
GEODATA = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
MVT = "application/vnd.mapbox-vector-tile"

# 17-083r4, 6.1.1: of a pixel of 0.28 mm.
PIXEL_M, TILE_PIXELS, MATRICES = 0.00028, 256, 25

Address = Callable[..., str]
"""The name of an address, and its arguments -> the address, whole."""


def tile_matrix_set() -> dict[str, Any]:
    """WebMercatorQuad as its registered definition has it."""
    corner = [-grid.HALF_WORLD_M, grid.HALF_WORLD_M]
    widths = {zoom: 2 * grid.HALF_WORLD_M / (TILE_PIXELS << zoom) for zoom in range(MATRICES)}
    return {
        "id": QUAD,
        "title": "Google Maps Compatible for the World",
        "uri": QUAD_URI,
        "crs": WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(zoom), "scaleDenominator": cell / PIXEL_M, "cellSize": cell, "cornerOfOrigin": "topLeft",
                "pointOfOrigin": corner, "tileWidth": TILE_PIXELS, "tileHeight": TILE_PIXELS,
                "matrixWidth": 1 << zoom, "matrixHeight": 1 << zoom,
            }
            for zoom, cell in widths.items()
        ],
    }  # fmt: skip


def tilesets(base: str, title: str, address: Address) -> dict[str, Any]:
    """The list of the one tileset below `base`, the address of the dataset or of a collection."""
    itself = {"rel": "self", "href": f"{base}/tiles", "type": JSON, "title": _("This list")}
    return {"links": [itself], "tilesets": [_head(base, title, address)]}


def tileset(base: str, title: str, collection: str | None, address: Address) -> dict[str, Any]:
    """The metadata of a tileset. Its box is the whole map: a narrower one would tell where hidden assets are."""
    head = _head(base, title, address)
    tiles = f"{base}/tiles/{QUAD}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"
    links = [
        *head["links"],
        {"rel": "item", "href": tiles, "type": MVT, "templated": True, "title": _("Tiles")},
        {"rel": TILESETS, "href": f"{base}/tiles", "type": JSON, "title": _("All tilesets of the same")},
    ]
    if collection:
        links.append({"rel": GEODATA, "href": base, "type": JSON, "title": title})
    return {
        **head,
        "links": links,
        "accessConstraints": "restricted",
        "mediaTypes": [MVT],
        "boundingBox": {
            "lowerLeft": [-grid.HALF_WORLD_M] * 2, "upperRight": [grid.HALF_WORLD_M] * 2, "crs": WEB_MERCATOR,
        },
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(zoom), "minTileRow": 0, "maxTileRow": (1 << zoom) - 1, "minTileCol": 0,
                "maxTileCol": (1 << zoom) - 1,
            }
            for zoom in range(grid.DEEPEST_TILE + 1)
        ],
        "layers": [_assets(), _clusters()],
    }  # fmt: skip


def _head(base: str, title: str, address: Address) -> dict[str, Any]:
    return {
        "title": title,
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": QUAD_URI,
        "links": [
            {"rel": "self", "href": f"{base}/tiles/{QUAD}", "type": JSON, "title": title},
            {"rel": TILING_SCHEME, "href": address("tile-matrix-set", QUAD), "type": JSON, "title": QUAD},
        ],
    }


def _assets() -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "id": "assets",
        "title": _("Assets, one by one"),
        "description": _("The feature's id is the asset's."),
        "dataType": "vector",
        "propertiesSchema": {
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": list(KINDS)},
                "sector": {"type": "string", "enum": list(SECTORS), "description": _("The owner's.")},
                "owner": {"type": "string", "description": _("The owner's code.")},
                "free_share": {**share, "description": _("Of its units, those that are free today.")},
                "exact": {"type": "boolean", "description": _("Whether it is here, or a grid cell stands for it.")},
            },
        },
    }


def _clusters() -> dict[str, Any]:
    counted = {"type": "integer", "minimum": 1}
    return {
        "id": "clusters",
        "title": _("Clusters of assets, where there are many"),
        "description": _("Numbers of assets; one that is not there is zero."),
        "dataType": "vector",
        "geometryDimension": 0,
        "propertiesSchema": {
            "type": "object",
            "properties": {
                "count": counted,
                "with_free_units": counted,
                **{f"kind_{name}": counted for name in KINDS},
                **{f"sector_{name}": counted for name in SECTORS},
            },
        },
    }
