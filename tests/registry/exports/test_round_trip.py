"""What is exported is imported again without a difference: into the same registry nothing changes, and into an empty
one the same assets come."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import LineString

from registry.exports.formats import FORMATS
from registry.importing.assets import import_assets
from registry.importing.intake import Options
from registry.importing.report import ImportReport
from registry.kinds import Kind
from registry.models import Asset, AssetStatus, Organization, Protection, Role
from tests import factories
from tests.calls import Caller, body_of

pytestmark = pytest.mark.django_db

# 85 Chinese characters are 255 bytes, one more than a cell of a Shapefile holds; these are 240.
LONG = "长" * 80
LONGER = "The owner's engineer is present; notice of 10 days. " * 40 + "完"
BEND = LineString([(114.3, 30.6), (114.3123456789012, 30.6098765432109), (114.31, 30.62)], srid=4326)
EVERYTHING = tuple(name for name in FORMATS if name != "ofds")


class Owner:
    """An owner of assets of all kinds: with every detail, with none, and with whatever texts could be mistaken for
    something else."""

    def __init__(self, *, long_texts: bool = True) -> None:
        self.organization = factories.organization("grid", sector="power")
        self.caller = Caller(factories.member(self.organization, Role.MANAGER))
        shared: dict[str, Any] = {
            "name": "东湖路 12 号", "terms": LONGER if long_texts else LONG, "open_to_sectors": ["power", "telecom"],
            "price_per_unit_year": Decimal("1234.56"), "protection": Protection.RESTRICTED,
            "protection_reason": "relay; 继电保护", "protection_review_on": date(2028, 2, 29),
            "status": AssetStatus.PLANNED, "available_from": date(2027, 3, 1),
        }  # fmt: skip
        made = [
            factories.asset(
                self.organization, Kind.TOWER, code="T-1", capacity=6, weight_kg=Decimal("350.125"),
                wind_area_m2=Decimal("4.5"), power_kw=Decimal("12.001"),
                details={
                    "structure_type": "lattice", "height_m": 42.5, "free_height_min_m": 10.1,
                    "free_height_max_m": 38.75, "design_wind_kn_m2": 0.55, "structural_use_pct": 62.3,
                    "voltage_kv": 110.0, "backup_h": 8.0, "earthing_ohm": 4.0,
                }, **shared,
            ),
            factories.asset(
                self.organization, Kind.DUCT, code="D-1", capacity=9,
                details={
                    "inner_diameter_mm": 100.0, "outer_diameter_mm": 110.0, "material": "hdpe", "sub_ducts": 3,
                    "depth_m": 0.8, "fill_limit": 0.6, "hazardous_co_use": True, "blocked": True,
                }, **shared,
            ),
            factories.asset(
                self.organization, Kind.FIBER, code="F-1", capacity=144,
                details={
                    "fiber_type": "G.657.A1", "cable_length_m": 2250.5, "route_length_m": 2101.25,
                    "attenuation_1310_db_km": 0.34, "attenuation_1550_db_km": 0.2, "splices": 5,
                    "splice_loss_db": 0.08, "connectors": 4, "connector_loss_db": 0.45,
                }, **shared,
            ),
            factories.asset(
                self.organization, Kind.EQUIPMENT_ROOM, code="R-1", capacity=210, power_kw=Decimal("24.5"),
                details={
                    "area_m2": 36.6, "floor_load_kn_m2": 6.0, "racks": 5, "ac_power_kw": 30.0, "dc_power_kw": 25.0,
                    "feeds": 2, "cooling_kw": 28.0, "backup_h": 4.0, "security_class": 2, "cable_entries": 6,
                }, **shared,
            ),
        ]  # fmt: skip
        Asset.objects.filter(code__in=("D-1", "F-1")).update(geometry=BEND)
        for kind in Kind:
            letter = kind[0].upper()
            made.append(factories.asset(self.organization, kind, code=f"{letter}-0", within=factories.WUCHANG))
            for n, text in enumerate(("=1+1", "+86", "-", "@x", "'=1", "无", "N/A", "'t Hof", 'say "x", or; not')):
                made.append(
                    factories.asset(
                        self.organization, kind, code=f"{text} {letter}" if n else f"={letter}", name=text,
                        terms=f"{text}\nsecond line\\n", open_to_sectors=[], protection=Protection.CORE,
                    )
                )  # fmt: skip
        made.append(factories.asset(self.organization, code="-"))
        self.assets = made

    def export(self, kind: str, format: str, path: Path, **parameters: Any) -> Path:
        response = self.caller.get("assets/", kind=kind, format=format, **parameters)
        assert response.status_code == 200, response.content
        path.write_bytes(body_of(response))
        return path


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejects)


def everything(owner: Organization) -> tuple[list[Any], list[float]]:
    """All that the registry holds of an owner's assets, but for numbers of its own and where they came from; and all
    their coordinates."""
    assets = Asset.objects.filter(owner=owner).select_related("tower", "duct", "fiber", "equipment_room")
    told: list[Any] = []
    ordinates: list[float] = []
    for asset in assets.order_by("code"):
        columns = {f.name: getattr(asset, f.attname) for f in Asset._meta.concrete_fields}
        for name in (
            "id",
            "owner",
            "source",
            "created_at",
            "updated_at",
            "ledger_version",
            "used_today",
            "free_today",
        ):
            del columns[name]
        columns["open_to_sectors"] = sorted(columns["open_to_sectors"])
        detail = getattr(asset, asset.kind)
        details = {f.name: getattr(detail, f.attname) for f in detail._meta.concrete_fields if f.name != "asset"}
        ordinates += _numbers(columns.pop("geometry")) + _numbers(columns.pop("masked_geometry"))
        columns["length_m"] = columns["length_m"] and round(columns["length_m"], 3)
        told.append((columns, details))
    return told, ordinates


def _numbers(place: Any) -> list[float]:
    coordinates = place.coords
    return [n for pair in ([coordinates] if isinstance(coordinates[0], float) else coordinates) for n in pair]


@pytest.mark.parametrize("format", EVERYTHING)
@pytest.mark.parametrize("kind", Kind.values)
def test_an_export_changes_nothing_here_and_makes_the_same_in_an_empty_registry(
    kind: str, format: str, tmp_path: Path
):
    owner = Owner(long_texts=format != "shp")
    path = owner.export(kind, format, tmp_path / f"x.{format}")
    Asset.objects.exclude(kind=kind).delete()
    before = everything(owner.organization)
    rows = sum(asset.kind == kind for asset in owner.assets)
    again = import_assets(path, owner=owner.organization, kind=kind, options=Options())
    assert (counts(again), again.rejects) == ((0, 0, rows, 0), [])
    assert everything(owner.organization) == before
    Asset.objects.all().delete()
    anew = import_assets(path, owner=owner.organization, kind=kind, options=Options())
    assert (counts(anew), anew.rejects) == ((rows, 0, 0, 0), [])
    columns, ordinates = everything(owner.organization)
    assert columns == before[0]
    # KML has fifteen digits, the others all that a double holds.
    assert ordinates == (pytest.approx(before[1], abs=1e-12) if format == "kml" else before[1])


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "EPSG:32650"])
@pytest.mark.parametrize("format", [name for name in EVERYTHING if name != "kml"])
def test_coordinates_in_another_system_come_back(format: str, crs: str, tmp_path: Path):
    owner = Owner(long_texts=False)
    path = owner.export(Kind.FIBER, format, tmp_path / f"x.{format}", crs=crs)
    report = import_assets(path, owner=owner.organization, kind=Kind.FIBER, options=Options())
    assert (counts(report), report.rejects, report.crs) == ((0, 0, 11, 0), [], crs)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
@pytest.mark.parametrize("format", [name for name in EVERYTHING if name != "kml"])
def test_coordinates_of_web_maps_come_back_when_their_system_is_named(format: str, crs: str, tmp_path: Path):
    owner = Owner(long_texts=False)
    path = owner.export(Kind.TOWER, format, tmp_path / f"x.{format}", crs=crs)
    report = import_assets(path, owner=owner.organization, kind=Kind.TOWER, options=Options(crs=crs))
    assert counts(report) == (0, 0, 12, 0), report.rejects


@pytest.mark.parametrize("format", ["csv", "geojson", "fgb", "parquet"])
def test_of_a_file_of_all_kinds_each_import_takes_its_own(format: str, tmp_path: Path):
    owner = Owner()
    response = owner.caller.get("assets/", format=format)
    path = tmp_path / f"x.{format}"
    path.write_bytes(body_of(response))
    for kind in (Kind.TOWER, Kind.FIBER):
        rows = sum(asset.kind == kind for asset in owner.assets)
        report = import_assets(path, owner=owner.organization, kind=kind, options=Options())
        assert counts(report) == (0, 0, rows, len(owner.assets) - rows)
        others = {kind.value for kind in Kind} - {kind.value}
        assert {row.reason.rpartition(" ")[2].rstrip(".") for row in report.rejects} == others


@pytest.mark.parametrize("format", EVERYTHING)
def test_the_cell_of_a_protected_place_is_never_imported_as_the_place(format: str, tmp_path: Path):
    owner = Owner(long_texts=False)
    stranger = Caller(factories.member(factories.organization("telco"), Role.VIEWER))
    path = tmp_path / f"x.{format}"
    path.write_bytes(body_of(stranger.get("assets/", format=format, kind="tower", code="T-1")))
    before = everything(owner.organization)
    report = import_assets(path, owner=owner.organization, kind=Kind.TOWER, options=Options())
    assert counts(report) == (0, 0, 0, 1) and "grid cell" in report.rejects[0].reason
    assert everything(owner.organization) == before
