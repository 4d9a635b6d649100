"""The generated assets as files, each as its owner might keep it: points as CSV, lines as GeoJSON, and the lighting
agency's in Chinese, in GB 18030."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from registry.kinds import KINDS, Kind
from sharing.demo.asset_row import AssetRow, Cell
from sharing.demo.ducts import ducts
from sharing.demo.extension import reserved_assets
from sharing.demo.fibers import fibers
from sharing.demo.parties import LIGHTING
from sharing.demo.rooms import rooms
from sharing.demo.towers import towers

CHINESE = {
    "code": "编号",
    "region": "区县代码",
    "lon": "经度",
    "lat": "纬度",
    "structure_type": "杆型",
    "height_m": "杆高（米）",
    "free_height_min_m": "最低可用挂高（米）",
    "free_height_max_m": "最高可用挂高（米）",
    "capacity": "抱杆数",
    "weight_kg": "承重（kg）",
    "wind_area_m2": "迎风面积（m2）",
    "power_kw": "供电容量（kW）",
    "earthing_ohm": "接地电阻",
    "price_per_unit_year": "年租金",
}
CHINESE_VALUES: Mapping[Cell, Cell] = {"streetlight": "路灯杆"}


@dataclass(frozen=True)
class AssetFile:
    """One file of one owner's assets of one kind, and the source that all of them came from."""

    path: Path
    owner: str
    kind: str
    source: str
    rows: Sequence[AssetRow]


def all_assets(today: date) -> list[AssetRow]:
    """Every asset of the demo, the same at each call; only the planned ones' dates go with `today`."""
    return [*towers(), *ducts(), *fibers(), *rooms(), *reserved_assets(today)]


def write_assets(rows: Iterable[AssetRow], folder: Path) -> list[AssetFile]:
    """One file for each owner, kind and source."""
    groups: dict[tuple[str, str, str], list[AssetRow]] = {}
    for row in rows:
        groups.setdefault((row.owner, str(row.kind), row.source), []).append(row)
    files: list[AssetFile] = []
    for (owner, kind, source), group in groups.items():
        stem = f"{owner}-{kind}"
        taken = sum(file.path.stem.startswith(stem) for file in files)
        path = folder / (f"{stem}-{taken + 1}" if taken else stem)
        if KINDS[kind].is_route:
            path = path.with_name(path.name + ".geojson")
            write_geojson(path, group)
        else:
            path = path.with_name(path.name + ".csv")
            write_csv(path, group, chinese=owner == LIGHTING and kind == Kind.TOWER)
        files.append(AssetFile(path, owner, kind, source, group))
    return files


def write_csv(path: Path, rows: Sequence[AssetRow], *, chinese: bool = False) -> None:
    """Points: longitude and latitude in columns of their own."""
    cells = [_cells(row) for row in rows]
    names = list(dict.fromkeys(name for row in cells for name in row))
    headings = [*names, "lon", "lat"]
    with path.open("w", encoding="gb18030" if chinese else "utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([CHINESE[name] for name in headings] if chinese else headings)
        for row, values in zip(rows, cells, strict=True):
            (place,) = row.points
            ordered = [values.get(name, "") for name in names]
            writer.writerow([*([CHINESE_VALUES.get(cell, cell) for cell in ordered] if chinese else ordered), *place])


def write_geojson(path: Path, rows: Sequence[AssetRow]) -> None:
    """Lines."""
    features = [
        {
            "type": "Feature",
            "properties": _cells(row),
            "geometry": {"type": "LineString", "coordinates": list(row.points)},
        }
        for row in rows
    ]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _cells(row: AssetRow) -> dict[str, Cell]:
    """Columns of a row; own use with loads goes to the ledger beside the file, which has no columns for them."""
    cells = {"code": row.code, "region": row.region, **row.values}
    if row.used_units and not row.used_loads:
        cells["used_units"] = row.used_units
    return {name: str(value) if isinstance(value, str) else value for name, value in cells.items()}
