"""OGC 18-058r1 (Part 2): the four reference systems, with the abstract tests of its annex A by name. Expected
coordinates are pyproj's."""

from typing import Any

import pytest
import shapely
from pyproj import Transformer

from registry.ogc.crs import CRS84, SYSTEMS
from tests.calls import problem
from tests.registry.ogc.conftest import Map
from tests.registry.ogc.test_part_1 import COLLECTIONS

pytestmark = pytest.mark.django_db

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
URIS = [CRS84.uri, f"{EPSG}4326", f"{EPSG}4490", f"{EPSG}3857"]
# As the authority orders the axes: so pyproj gives them too, unless told otherwise.
CODES = {CRS84.uri: "OGC:CRS84", f"{EPSG}4326": "EPSG:4326", f"{EPSG}4490": "EPSG:4490", f"{EPSG}3857": "EPSG:3857"}


def transformed(uri: str, *lonlat: float) -> list[float]:
    """One or two positions, in the system's own order of axes."""
    to = Transformer.from_crs("OGC:CRS84", CODES[uri])
    return [number for at in range(0, len(lonlat), 2) for number in to.transform(*lonlat[at : at + 2])]


def test_conf_crs_crs_uri_and_default_crs_and_storage_crs(one_map: Map):
    for collection in one_map.read("collections")["collections"]:
        assert collection["crs"] == URIS == list(SYSTEMS)
        assert collection["storageCrs"] == CRS84.uri


@pytest.mark.parametrize("uri", URIS)
def test_conf_crs_crs_parameter_and_transform(one_map: Map, uri: str):
    for name, first in (("towers", one_map.towers[1].pk), ("ducts", one_map.duct.pk)):
        lonlat = shapely.from_wkt(one_map.duct.geometry.wkt) if name == "ducts" else shapely.Point(114.31, 30.59)
        expected = [transformed(uri, x, y) for x, y in shapely.get_coordinates(lonlat)]
        for path in (f"collections/{name}/items", f"collections/{name}/items/{first}"):
            response = one_map.get(path, crs=uri)
            assert (response.status_code, response["Content-Crs"]) == (200, f"<{uri}>")
            shown = response.json()
            geometry = next(f for f in shown.get("features", [shown]) if f["id"] == first)["geometry"]
            assert set(geometry) == {"type", "coordinates"}
            coordinates = geometry["coordinates"] if name == "ducts" else [geometry["coordinates"]]
            assert coordinates == [pytest.approx(position, abs=1e-5, rel=1e-12) for position in expected]


def test_axes_are_in_the_order_of_their_authority(one_map: Map):
    path = f"collections/towers/items/{one_map.towers[1].pk}"
    shown = {uri: one_map.read(path, crs=uri)["geometry"]["coordinates"] for uri in URIS}
    assert shown[CRS84.uri] == [114.31, 30.59]
    assert shown[f"{EPSG}4326"] == [30.59, 114.31]
    assert shown[f"{EPSG}4490"] == pytest.approx([30.59, 114.31], abs=1e-8)
    assert shown[f"{EPSG}3857"] == pytest.approx([12724930.99, 3579616.53], abs=0.01)


def test_conf_crs_crs_parameter_default(one_map: Map):
    for name in COLLECTIONS:
        assert one_map.get(f"collections/{name}/items")["Content-Crs"] == f"<{CRS84.uri}>"


@pytest.mark.parametrize("uri", ["", "EPSG:4326", f"{EPSG}2154", "http://www.opengis.net/def/crs/OGC/1.3/CRS83"])
def test_conf_crs_crs_parameter_invalid(one_map: Map, uri: str):
    for path in ("collections/towers/items", f"collections/towers/items/{one_map.towers[0].pk}"):
        assert problem(one_map.get(path, crs=uri), 400, "bad_input") == [("crs", "crs")]


@pytest.mark.parametrize("uri", URIS)
def test_conf_crs_bbox_crs_parameter(one_map: Map, uri: str):
    """And filter-crs: the same towers, whatever system they are asked for in."""
    corners = transformed(uri, 114.305, 30.58, 114.325, 30.60)
    bbox = ",".join(map(str, corners))
    assert one_map.codes(bbox=bbox, bbox_crs=uri) == ["T-1", "T-2"]
    text: Any = {"filter": f"S_INTERSECTS(place, BBOX({bbox}))", "filter_crs": uri}
    assert one_map.codes(**text) == ["T-1", "T-2"]
    ring = [
        transformed(uri, x, y) for x, y in ((114.305, 30.58), (114.325, 30.58), (114.325, 30.60), (114.305, 30.58))
    ]
    polygon = ", ".join(f"{a!r} {b!r}" for a, b in ring)
    assert one_map.codes(filter=f"S_WITHIN(place, POLYGON(({polygon})))", filter_crs=uri) == ["T-2"]


def test_conf_crs_bbox_crs_parameter_default(one_map: Map):
    bbox = "114.305,30.58,114.325,30.60"
    assert one_map.codes(bbox=bbox) == one_map.codes(bbox=bbox, bbox_crs=CRS84.uri) == ["T-1", "T-2"]


@pytest.mark.parametrize("name", ["bbox-crs", "filter-crs"])
def test_conf_crs_bbox_crs_parameter_invalid(one_map: Map, name: str):
    response = one_map.caller.get("/ogc/collections/towers/items", **{name: f"{EPSG}2154", "bbox": "1,2,3,4"})
    assert problem(response, 400, "bad_input") == [(name, "crs")]


def test_coordinates_outside_of_their_system_are_refused(one_map: Map):
    for bbox in ("114.305,30.58,114.325,30.60", "0,-180.1,1,0"):
        response = one_map.get("collections/towers/items", bbox=bbox, bbox_crs=f"{EPSG}4326")
        assert problem(response, 400, "bad_input") == [("bbox", "bbox")]
    response = one_map.get("collections/towers/items", bbox="0,0,1e300,1", bbox_crs=f"{EPSG}3857")
    assert problem(response, 400, "bad_input") == [("bbox", "bbox")]
