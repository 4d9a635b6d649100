"""The addresses below /ogc/, which have a document of their own, with who may read them."""

from collections.abc import Callable
from typing import Any

from tests.sharing.api.operation import Operation, at
from tests.sharing.api.roles import EVERYONE, PARTY
from tests.sharing.api.world import World

QUAD = "WebMercatorQuad"
# Wuhan lies in the tile 9/210/418 (zoom, row, column).
OGC: dict[str, Operation] = {
    "tile_matrix_sets": Operation("GET", "/ogc/tileMatrixSets", does=EVERYONE),
    "tile_matrix_set": Operation("GET", "/ogc/tileMatrixSets/{}", at(QUAD), EVERYONE),
    "tilesets": Operation("GET", "/ogc/tiles", does=EVERYONE),
    "tileset": Operation("GET", "/ogc/tiles/{}", at(QUAD), EVERYONE),
    "tile": Operation("GET", "/ogc/tiles/{}/{}/{}/{}", at(QUAD, "9", "210", "418")),
    "collection_tilesets": Operation("GET", "/ogc/collections/{}/tiles", at("towers"), EVERYONE),
    "collection_tileset": Operation("GET", "/ogc/collections/{}/tiles/{}", at("towers", QUAD), EVERYONE),
    "collection_tile": Operation(
        "GET", "/ogc/collections/{}/tiles/{}/{}/{}/{}", at("towers", QUAD, "9", "210", "418")
    ),
}

COLLECTIONS = ("towers", "ducts", "fibers", "equipment-rooms", "planned-facilities", "demands")
PAGES = ("", "api", "conformance", "collections")
OF_COLLECTION = ("", "/queryables", "/schema")


def feature(collection: str, name: str) -> Callable[[World], Any]:
    return lambda world: ((collection, getattr(world, name).pk), None)


# Those on a collection by one of each, as they do not differ but by what is in it.
OGC |= {
    **{f"ogc_{page or 'landing'}": Operation("GET", f"/ogc/{page}", does=EVERYONE) for page in PAGES},
    **{
        f"ogc_collection{page.replace('/', '_')}": Operation(
            "GET", f"/ogc/collections/{{}}{page}", at("demands"), EVERYONE
        )
        for page in OF_COLLECTION
    },
    **{f"ogc_{name}": Operation("GET", "/ogc/collections/{}/items", at(name)) for name in COLLECTIONS},
    "ogc_tower": Operation("GET", "/ogc/collections/{}/items/{}", feature("towers", "near")),
    "ogc_planned_facility": Operation(
        "GET", "/ogc/collections/{}/items/{}", feature("planned-facilities", "facility")
    ),
    "ogc_demand": Operation("GET", "/ogc/collections/{}/items/{}", feature("demands", "line"), PARTY),
}
