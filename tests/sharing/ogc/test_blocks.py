"""Features and Tiles at one root: each leads to the other."""

import pytest

from tests.calls import Caller

pytestmark = pytest.mark.django_db

RELATION = "http://www.opengis.net/def/rel/ogc/1.0/"
TILED = ("towers", "ducts", "fibers", "equipment-rooms")


def linked(caller: Caller, path: str, rel: str) -> list[str]:
    return [link["href"] for link in caller.get(path).json()["links"] if link["rel"] == RELATION + rel]


def test_the_landing_page_leads_to_tiles():
    caller = Caller()
    for rel in ("tilesets-vector", "tiling-schemes"):
        [address] = linked(caller, "/ogc/", rel)
        assert caller.get(address).status_code == 200
    declared = caller.get("/ogc/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core" in declared
    assert len(declared) == len(set(declared))


def test_a_collection_leads_to_its_tiles_and_they_to_it():
    caller = Caller()
    for name in TILED:
        path = f"/ogc/collections/{name}"
        [address] = linked(caller, path, "tilesets-vector")
        assert address == f"http://testserver{path}/tiles"
        assert caller.get(address).status_code == 200
        assert linked(caller, f"{path}/tiles/WebMercatorQuad", "geodata") == [f"http://testserver{path}"]
    for name in ("planned-facilities", "demands"):
        assert linked(caller, f"/ogc/collections/{name}", "tilesets-vector") == []
