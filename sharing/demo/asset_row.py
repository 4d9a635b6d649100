"""One generated asset, as its owner would list it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sharing.demo.districts import nearest_district
from sharing.demo.line import Place

METRO_SOURCE = "metro_cn_osm (OpenStreetMap, January 2016, ODbL): place; synthetic: the rest"
POWER_SOURCE = "power_asia_osm (OpenStreetMap, ODbL): line; synthetic: places along it, and the rest"
SYNTHETIC = "synthetic: generated along the metro lines of metro_cn_osm"

Cell = str | int | float | bool


@dataclass(frozen=True)
class AssetRow:
    """values: by the column names of the import. used_units: in use, by the owner itself or by `tenant` (for so many
    years, 0 for without end); used_loads: what they carry, by the names of registry.kinds.LOADS. reserved_units: what
    the owner keeps for its own future need."""

    owner: str
    kind: str
    code: str
    points: Sequence[Place]
    source: str
    values: Mapping[str, Cell]
    used_units: int = 0
    used_loads: Mapping[str, float] = field(default_factory=dict)
    tenant: str = ""
    tenant_years: int = 0
    reserved_units: int = 0

    @property
    def region(self) -> str:
        return nearest_district(self.points[len(self.points) // 2])
