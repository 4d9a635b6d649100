"""Which tile, and of what."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.gis.geos import Polygon

from registry.tiles import grid
from registry.tiles.slots import KINDS, SECTORS


@dataclass(frozen=True)
class Tile:
    """A tile of WebMercatorQuad: zoom, column from the west, row from the north."""

    zoom: int
    column: int
    row: int

    @property
    def exists(self) -> bool:
        """Whether it is one of those that are served."""
        return 0 <= self.zoom <= grid.DEEPEST_TILE and all(0 <= at < 1 << self.zoom for at in (self.column, self.row))

    @cached_property
    def number(self) -> int:
        return grid.number_of_tile(self.column, self.row)

    @property
    def area(self) -> Polygon:
        """In degrees."""
        west, south, east, north = grid.box(self.column, self.row, self.zoom)
        area = Polygon.from_bbox((float(west), float(south), float(east), float(north)))
        area.srid = 4326
        return area

    @property
    def metres(self) -> tuple[float, float, float, float]:
        """West, south, east and north in EPSG:3857."""
        size = 2 * grid.HALF_WORLD_M / (1 << self.zoom)
        west, north = self.column * size - grid.HALF_WORLD_M, grid.HALF_WORLD_M - self.row * size
        return west, north - size, west + size, north

    @property
    def unit_m(self) -> float:
        """One of the 4,096 units of its side, in metres of EPSG:3857."""
        return 2 * grid.HALF_WORLD_M / (grid.EXTENT << self.zoom)


@dataclass(frozen=True)
class Selection:
    """Which assets: of some kinds, of owners of some sectors, of one owner."""

    kinds: tuple[str, ...] = KINDS
    sectors: tuple[str, ...] = SECTORS
    owner: str = ""

    @property
    def is_whole(self) -> bool:
        return self == Selection()

    @property
    def is_counted(self) -> bool:
        """Whether the pyramid counts it: kinds and sectors apart, but not owners."""
        return bool(self.kinds) and not self.owner
