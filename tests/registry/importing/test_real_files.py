"""The open data of three countries lands where its own coordinates say, and every other row is accounted for."""

import csv
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from pathlib import Path

import pyogrio.raw
import pyproj
import pytest
import shapely

from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.kinds import Kind
from registry.models import Asset, Fiber, Organization, Tower
from tests import factories

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
STREETLIGHTS = ROOT / "tests/data/streetlights_montpellier/VilleMTP_MTP_EclairagePublic.zip"
BRIDGES = ROOT / "tests/data/bridges_montpellier"
TOWERS = ROOT / "tests/data/towers_spartanburg/cellTowers.osm"
POWER = ROOT / "sharing/demo/data/power_asia_osm"
METRO = ROOT / "sharing/demo/data/metro_cn_osm/cn-wuhanMetro.geojson"
NEAR_DEGREES = 1e-8  # a millimetre


@pytest.fixture
def montpellier() -> Organization:
    region = factories.region("34172", scheme="insee")
    return Organization.objects.create(code="montpellier", name="Montpellier", sector="municipal", region=region)


def load(path: Path, owner: Organization, kind: str = Kind.TOWER, **constants: str) -> ImportReport:
    report = import_assets(path, owner=owner, kind=kind, options=Options(constants=constants))
    assert report.rows == report.created + report.updated + report.unchanged + len(report.rejects)
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def places(owner: Organization) -> dict[str, tuple[float, float]]:
    assets = Asset.objects.filter(owner=owner).values_list("code", "geometry")
    return {code: (place.x, place.y) for code, place in assets}


def _highest_kv(voltages: str) -> float | None:
    """OSM states volts; three of its objects have 400 or 110 for what are kilovolts."""
    return max((int(v) / 1000 if int(v) >= 2000 else int(v) for v in voltages.split(";") if v), default=None)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_all_streetlights_land_where_lambert_93_puts_them(montpellier: Organization) -> None:
    report = load(STREETLIGHTS, montpellier, structure_type="streetlight", mounts="1")
    assert counts(report) == (29969, 0, 0, 0)
    assert (report.crs, report.encoding, report.warnings) == ("EPSG:2154", "utf-8", [])
    with zipfile.ZipFile(STREETLIGHTS) as archive:
        shp = archive.read("VilleMTP_MTP_EclairagePublic.shp")
    # The Shapefile's own bytes, read without GDAL: 28 bytes a record after a header of 100, x and y in the last 16.
    source = [tuple(memoryview(shp[at + 12 : at + 28]).cast("d")) for at in range(100, len(shp), 28)]
    x, y = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(*zip(*source, strict=True))
    expected = Counter((round(lon, 8), round(lat, 8)) for lon, lat in zip(x, y, strict=True))
    assert Counter((round(lon, 8), round(lat, 8)) for lon, lat in places(montpellier).values()) == expected
    assert sum(count > 1 for count in expected.values()) == 76
    assert Tower.objects.filter(structure_type="streetlight").count() == 29969
    again = load(STREETLIGHTS, montpellier, structure_type="streetlight", mounts="1")
    assert counts(again) == (0, 0, 29969, 0)


def test_bridges_are_the_same_from_geojson_shapefile_and_csv(montpellier: Organization) -> None:
    features = json.loads((BRIDGES / "VilleMTP_MTP_OuvragesArt.geojson").read_text(encoding="utf-8"))["features"]
    assert counts(load(BRIDGES / "VilleMTP_MTP_OuvragesArt.geojson", montpellier, mounts="2")) == (67, 0, 0, 0)
    landed = places(montpellier)
    for feature in features:
        code = feature["properties"]["IDENTIFIAN"]
        lon, lat = feature["geometry"]["coordinates"]
        if code:
            assert landed[code] == (lon, lat)
        else:
            assert landed[f"@{lat:.6f},{lon:.6f}"] == (lon, lat)
    shapefile = load(BRIDGES / "VilleMTP_MTP_OuvragesArt.zip", montpellier, mounts="2")
    assert (counts(shapefile), shapefile.crs) == ((0, 0, 67, 0), "EPSG:2154")
    # The table has no places: it tells of the bridges it names, and not of the five it does not.
    table = load(BRIDGES / "VilleMTP_MTP_OuvragesArt.csv", montpellier, mounts="2")
    assert (counts(table), table.encoding, table.crs) == ((0, 0, 62, 5), "cp1252", None)
    assert {(r.column, r.reason) for r in table.rejects} == {
        ("IDENTIFIAN,C,50", "The row has neither a place nor a code.")
    }
    assert places(montpellier) == landed


def test_bridges_of_a_table_without_places_are_all_rejected_where_none_is_known(montpellier: Organization) -> None:
    report = load(BRIDGES / "VilleMTP_MTP_OuvragesArt.csv", montpellier)
    assert counts(report) == (0, 0, 0, 67)
    assert Counter(reject.reason for reject in report.rejects) == {
        "The row has no geometry.": 62,
        "The row has neither a place nor a code.": 5,
    }
    assert Asset.objects.count() == 0


def test_cell_towers_land_with_their_heights_in_feet() -> None:
    spartanburg = Organization.objects.create(
        code="spartanburg", name="Spartanburg", sector="telecom", region=factories.region("45083", scheme="fips")
    )
    assert counts(load(TOWERS, spartanburg, mounts="3")) == (122, 0, 0, 0)
    nodes = {
        (float(node.attrib["lon"]), float(node.attrib["lat"])): {tag.attrib["k"]: tag.attrib["v"] for tag in node}
        for node in ET.parse(TOWERS).getroot()
    }
    towers = Tower.objects.select_related("asset")
    assert {(round(t.asset.geometry.x, 7), round(t.asset.geometry.y, 7)) for t in towers} == {
        (round(lon, 7), round(lat, 7)) for lon, lat in nodes
    }
    heights = {(round(t.asset.geometry.x, 7), round(t.asset.geometry.y, 7)): t.height_m for t in towers}
    for (lon, lat), tags in nodes.items():
        feet = re.fullmatch(r"(\d+)'", tags.get("height", ""))
        assert heights[round(lon, 7), round(lat, 7)] == (round(int(feet[1]) * 0.3048, 4) if feet else None)
    assert sum(height is not None for height in heights.values()) == 97
    built = {"lattice": "lattice", "guyed": "guyed_mast"}
    assert Counter(t.structure_type for t in towers) == Counter(
        built.get(tags.get("tower:construction", ""), "monopole" if "tower:construction" in tags else "other")
        for tags in nodes.values()
    )


def test_power_substations_land_from_hash_delimited_ewkt() -> None:
    grid = factories.organization("grid", sector="power")
    report = load(POWER / "highvoltage_vertices.csv", grid, structure_type="substation", mounts="6")
    assert (report.delimiter, report.encoding, counts(report)) == ("#", "utf-8", (7817, 0, 0, 0))
    source = list(csv.DictReader(_lines(POWER / "highvoltage_vertices.csv"), delimiter="#"))
    assert places(grid) == {row["v_id"]: (float(row["lon"]), float(row["lat"])) for row in source}
    voltages = dict(Tower.objects.values_list("asset__code", "voltage_kv"))
    assert voltages == {row["v_id"]: _highest_kv(row["voltage"]) for row in source}
    away = {int(w.row) for w in report.warnings if w.row is not None and "outside the country" in w.text}
    assert away == {
        number
        for number, row in enumerate(source, 2)
        if not (73.4 <= float(row["lon"]) <= 135.1 and 3.4 <= float(row["lat"]) <= 53.6)
    }


def test_power_lines_land_as_fiber_and_again_change_nothing() -> None:
    grid = factories.organization("grid", sector="power")
    links = POWER / "highvoltage_links.csv"
    report = load(links, grid, Kind.FIBER, cores_total="24")
    assert (report.quote, counts(report)) == ("'", (10627, 0, 0, 0))
    landed = dict(Asset.objects.values_list("code", "geometry"))
    lengths = dict(Fiber.objects.values_list("asset__code", "route_length_m"))
    for row in csv.DictReader(_lines(links), delimiter="#", quotechar="'"):
        line = shapely.from_wkt(row["wkt_srid_4326"].partition(";")[2])
        assert list(landed[row["l_id"]].coords) == list(line.coords)
        assert lengths[row["l_id"]] == float(row["length_m"])
    assert set(Asset.objects.values_list("capacity", "name")) >= {(24, "関門連系線")}
    assert counts(load(links, grid, Kind.FIBER, cores_total="24")) == (0, 0, 10627, 0)


def test_metro_lines_land_under_their_osm_ids() -> None:
    metro = factories.organization("metro", sector="transport")
    assert counts(load(METRO, metro, Kind.DUCT, bores="4")) == (81, 0, 0, 0)
    _meta, _fids, wkb, (ids,) = pyogrio.raw.read(METRO, columns=["@id"])
    expected = {code: list(line.coords) for code, line in zip(ids, shapely.from_wkb(wkb), strict=True)}
    assert {a.code: list(a.geometry.coords) for a in Asset.objects.all()} == expected
