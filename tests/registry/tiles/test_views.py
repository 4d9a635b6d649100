"""OGC API – Tiles (OGC 20-057) as clients meet it: documents, tiles, tags, and errors."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Disclosure, Membership, Organization, Role, Sector
from registry.tiles import folding
from tests import factories
from tests.calls import Caller, problem
from tests.registry.tiles.reading import layers, tile_at

pytestmark = pytest.mark.django_db

MVT = "application/vnd.mapbox-vector-tile"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"


def address(zoom: int, base: str = "/ogc", at: factories.Place = factories.WUHAN) -> str:
    zoom, column, row = tile_at(*at, zoom)
    return f"{base}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"


class World:
    def __init__(self) -> None:
        self.metro = factories.organization("metro", sector=Sector.TRANSPORT)
        self.telco = factories.organization("telco")
        self.owner, self.other = Caller(factories.member(self.metro)), Caller(factories.member(self.telco))
        self.tower = factories.asset(self.metro, code="T")
        self.hidden = factories.asset(self.metro, code="H", protection="core", at=(114.3056, 30.5929))
        folding.fold_all()


@pytest.fixture
def world() -> World:
    return World()


def links(document: Any, rel: str) -> list[Any]:
    return [link for link in document["links"] if link["rel"] == rel]


# --- Documents -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/ogc", "/ogc/collections/towers", "/ogc/collections/equipment-rooms"])
def test_from_the_list_of_tilesets_a_client_finds_a_tile(world: World, base: str):
    listed = world.owner.get(f"{base}/tiles").json()
    [head] = listed["tilesets"]
    assert (head["dataType"], head["crs"]) == ("vector", "http://www.opengis.net/def/crs/EPSG/0/3857")
    assert head["tileMatrixSetURI"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    [itself], [scheme] = links(head, "self"), links(head, TILING_SCHEME)
    tileset = world.owner.get(itself["href"]).json()
    assert {name: tileset[name] for name in head if name != "links"} == {
        name: head[name] for name in head if name != "links"
    }
    assert links(tileset, TILING_SCHEME) == [scheme]
    [item] = links(tileset, "item")
    assert (item["type"], item["templated"]) == (MVT, True)
    zoom, column, row = tile_at(*factories.WUHAN, 12)
    template = item["href"]
    for name, value in (("tileMatrix", zoom), ("tileRow", row), ("tileCol", column)):
        template = template.replace("{" + name + "}", str(value))
    response = world.owner.get(template)
    if base.endswith("rooms"):
        assert (response.status_code, response.content) == (204, b"")
    else:
        assert (response.status_code, response["Content-Type"]) == (200, MVT)
        assert {f["mvt_id"] for f in layers(response.content)["assets"]} == {world.tower.pk, world.hidden.pk}
    assert world.owner.get(scheme["href"]).json()["id"] == "WebMercatorQuad"


def test_the_tile_matrix_set_is_the_registered_one(world: World):
    matrices = world.owner.get("/ogc/tileMatrixSets/WebMercatorQuad").json()["tileMatrices"]
    assert [matrix["id"] for matrix in matrices] == [str(zoom) for zoom in range(25)]
    # From the definition in OGC 17-083r4, Annex D.1.
    assert matrices[0]["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert matrices[0]["cellSize"] == pytest.approx(156543.033928041, rel=1e-12)
    assert matrices[0]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], rel=1e-12)
    assert matrices[18]["scaleDenominator"] == pytest.approx(2132.729583849784, rel=1e-12)
    assert (matrices[18]["matrixWidth"], matrices[18]["tileWidth"]) == (262144, 256)
    listed = world.owner.get("/ogc/tileMatrixSets").json()
    assert [one["id"] for one in listed["tileMatrixSets"]] == ["WebMercatorQuad"]


def test_limits_and_layers_are_those_that_are_served(world: World):
    tileset = world.owner.get("/ogc/tiles/WebMercatorQuad").json()
    limits = tileset["tileMatrixSetLimits"]
    assert [limit["tileMatrix"] for limit in limits] == [str(zoom) for zoom in range(19)]
    assert limits[3] == {"tileMatrix": "3", "minTileRow": 0, "maxTileRow": 7, "minTileCol": 0, "maxTileCol": 7}
    assert [layer["id"] for layer in tileset["layers"]] == ["assets", "clusters"]
    assets = tileset["layers"][0]["propertiesSchema"]["properties"]
    [feature] = layers(world.other.get(address(12)).content)["assets"]
    assert set(feature) - {"mvt_id", "at"} == set(assets)


def test_clients_find_the_tiles_from_the_landing_page_and_from_collections(world: World):
    rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
    landing = world.owner.get("/ogc/").json()
    [tilesets] = links(landing, rel)
    assert world.owner.get(tilesets["href"]).json()["tilesets"][0]["title"] == "All assets"
    [schemes] = links(landing, "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes")
    assert world.owner.get(schemes["href"]).status_code == 200
    with_tiles = {}
    for collection in world.owner.get("/ogc/collections").json()["collections"]:
        for link in links(collection, rel):
            with_tiles[collection["id"]] = world.owner.get(link["href"]).json()["tilesets"][0]["title"]
    assert with_tiles == {
        "towers": "Towers", "ducts": "Ducts", "fibers": "Fibers", "equipment-rooms": "Equipment rooms",
    }  # fmt: skip


def test_the_conformance_classes_are_declared(world: World):
    declared = world.owner.get("/ogc/conformance").json()["conformsTo"]
    assert [name.rpartition("/")[2] for name in declared if "ogcapi-tiles-1/1.0/conf/" in name] == [
        "core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection", "mvt",
    ]  # fmt: skip


# --- Errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "tiles/WebMercatorQuad/19/0/0", "tiles/WebMercatorQuad/3/8/0", "tiles/WebMercatorQuad/3/0/8",
        "tiles/WebMercatorQuad/-1/0/0", "tiles/WebMercatorQuad/3/x/0", "tiles/WebMercatorQuad/3/01/0",
        "tiles/WebMercatorQuad/3/99999999999999999999/0", "tiles/WebMercatorQuad/٣/0/0", "tiles/Other/0/0/0",
        "tiles/Other", "collections/bridges/tiles", "collections/bridges/tiles/WebMercatorQuad/0/0/0",
        "tileMatrixSets/Other", "tiles/WebMercatorQuad/0/0/0/0",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404(world: World, path: str):
    problem(world.owner.get(f"/ogc/{path}"), 404, "not_seen")


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"kind": "bridge"}, ("kind", "choice")),
        ({"sector": "power,rail"}, ("sector", "choice")),
        ({"collections": "bridges"}, ("collections", "choice")),
        ({"owner": "metro"}, ("owner", "invalid")),
        ({"status": "planned"}, ("status", "unknown_parameter")),
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_400(world: World, parameters: Any, fault: Any):
    assert problem(world.owner.get(address(11), **parameters), 400, "bad_input") == [fault]


def test_a_collection_has_only_its_own_assets_and_no_choice_of_others(world: World):
    assert world.owner.get(address(12, "/ogc/collections/ducts")).status_code == 204
    assert world.owner.get(address(12, "/ogc/collections/towers"), kind="duct").status_code == 204
    fault = problem(world.owner.get(address(12, "/ogc/collections/towers"), collections="ducts"), 400, "bad_input")
    assert fault == [("collections", "unknown_parameter")]


def test_collections_are_selected_by_id_or_whole_address(world: World):
    ids = "ducts,http://testserver/ogc/collections/towers"
    assert len(layers(world.other.get(address(12), collections=ids).content)["assets"]) == 1
    assert world.other.get(address(12), collections="ducts,fibers").status_code == 204


def test_formats_that_there_are_not_are_a_406(world: World):
    problem(world.owner.get(address(12), f="json"), 406, "not_acceptable")
    problem(world.owner.get(address(12), headers={"Accept": "image/png"}), 406, "not_acceptable")
    assert world.owner.get(address(12), headers={"Accept": f"{MVT}, */*;q=0.1"}).status_code == 200


def test_anonymous_callers_are_told_to_sign_in(world: World):
    assert Caller().get("/ogc/tiles").status_code == 200
    problem(Caller().get(address(12)), 401, "not_authenticated")


# --- Tags ------------------------------------------------------------------------------------------------------


def tag(caller: Caller, path: str, **parameters: Any) -> str:
    response = caller.get(path, **parameters)
    assert {"Authorization", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
    again = caller.get(path, headers={"If-None-Match": response["ETag"]}, **parameters)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    return str(response["ETag"])


@pytest.mark.parametrize("zoom", [0, 14])
def test_a_browser_keeps_no_tile_of_who_may_know_what_is_protected(world: World, zoom: int):
    def kept(caller: Caller) -> set[str]:
        first = caller.get(address(zoom))
        again = caller.get(address(zoom), headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304
        return {first["Cache-Control"], again["Cache-Control"]}

    city = Caller(factories.member(factories.regulator("city")))
    told = factories.member(factories.organization("told"))
    Disclosure.objects.create(
        asset=world.hidden, organization=told.memberships.get().organization, reason="consent", reference=uuid.uuid4()
    )

    assert kept(world.other) == {"private, no-cache"}
    assert [kept(one) for one in (world.owner, city, Caller(told))] == [{"no-store"}] * 3


@pytest.mark.parametrize("zoom", [0, 9, 14, 18])
def test_a_tag_changes_with_what_the_tile_shows_before_and_after_it_is_folded_in(world: World, zoom: int):
    seen = [tag(world.other, address(zoom))]
    factories.allocate(world.tower, 1)
    seen.append(tag(world.other, address(zoom)))
    folding.fold_all()
    seen.append(tag(world.other, address(zoom)))
    Organization.objects.filter(pk=world.metro.pk).update(code="metro-2")
    folding.fold_all()
    seen.append(tag(world.other, address(zoom)))
    assert len(set(seen)) == 4


def test_a_tag_stays_where_nothing_near_has_changed(world: World):
    before = tag(world.other, address(12))
    factories.asset(world.metro, at=(87.6, 43.8))
    folding.fold_all()
    assert tag(world.other, address(12)) == before
    assert tag(world.other, address(12), kind="tower") != before


def test_a_tag_tells_nothing_of_assets_that_the_viewer_may_not_know_of(world: World):
    strangers, owners = tag(world.other, address(14)), tag(world.owner, address(14))
    factories.allocate(world.hidden, 1)
    factories.asset(world.metro, protection="core", at=(114.3057, 30.593))
    folding.fold_all()
    assert tag(world.other, address(14)) == strangers
    assert tag(world.owner, address(14)) != owners


def test_a_tag_changes_with_what_the_viewer_may_know(world: World):
    seen = [tag(world.other, address(14))]
    Disclosure.objects.create(asset=world.hidden, organization=world.telco, reason="consent", reference="0" * 31 + "1")
    seen.append(tag(world.other, address(14)))
    factories.allocate(world.hidden, 1)
    folding.fold_all()
    seen.append(tag(world.other, address(14)))
    Membership.objects.create(
        user=Membership.objects.get(organization=world.telco).user, organization=world.metro, role=Role.VIEWER
    )
    seen.append(tag(world.other, address(14)))
    assert len(set(seen)) == 4


def test_a_tile_costs_the_same_queries_however_much_is_in_it(world: World):
    def queries(zoom: int, headers: Any = None) -> int:
        with CaptureQueriesContext(connection) as asked:
            world.other.get(address(zoom), headers=headers)
        return len(asked)

    few = {zoom: queries(zoom) for zoom in (3, 14)}
    for n in range(12):
        factories.asset(
            world.metro, at=(114.3055, 30.5928 + n / 1e5), protection=("open", "restricted", "core")[n % 3]
        )
    folding.fold_all()
    assert {zoom: queries(zoom) for zoom in (3, 14)} == few
    # Those of a 304, below; then the layer.
    assert set(few.values()) == {5}
    known = {"If-None-Match": world.other.get(address(14))["ETag"]}
    # Session, person, organizations and what they regulate, versions with how many there are.
    assert queries(14, known) == 4
