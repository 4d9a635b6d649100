"""The formats that are made as files: what each is called, who writes it, and how many rows a call may wait for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from registry.exports.delimited import write_csv
from registry.exports.geodata import write_flatgeobuf, write_geojson, write_geopackage, write_kml
from registry.exports.open_fibre import write_open_fibre
from registry.exports.parquet import write_parquet
from registry.exports.shapefile import write_shapefiles
from registry.exports.spreadsheet import write_workbook
from registry.exports.table import Batches, Table

Counted = Callable[[int], None]
"""Told of every few thousand rows that have been written."""


@dataclass(frozen=True, slots=True)
class Format:
    """name: as in `?format=`. layered: whether it holds several tables. needs_place: whether it is of places only.
    only: the nouns of the one list that it is for, or empty.
    at_once: rows that are written within about ten seconds on two cores (benchmarks/downloads.py)."""

    name: str
    media_type: str
    suffix: str
    write: Callable[[Sequence[Table], Path], None]
    at_once: int
    layered: bool = False
    needs_place: bool = True
    only: str = ""


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format(
            "gpkg", "application/geopackage+sqlite3", "gpkg", write_geopackage, 200_000, layered=True,
            needs_place=False,
        ),
        Format("shp", "application/zip", "shp.zip", write_shapefiles, 100_000, layered=True),
        Format("fgb", "application/flatgeobuf", "fgb", write_flatgeobuf, 250_000),
        Format("kml", "application/vnd.google-earth.kml+xml", "kml", write_kml, 100_000),
        Format(
            "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", write_workbook,
            30_000, layered=True, needs_place=False,
        ),
        Format("parquet", "application/vnd.apache.parquet", "parquet", write_parquet, 300_000, needs_place=False),
        Format("ofds", "application/json", "ofds.json", write_open_fibre, 50_000, only="assets"),
        # In WGS 84 these two stream; made as files they are in other systems.
        Format("csv", "text/csv", "csv", write_csv, 150_000, needs_place=False),
        Format("geojson", "application/geo+json", "geojson", write_geojson, 100_000),
    )
}  # fmt: skip


def write(format: Format, tables: Sequence[Table], path: Path, counted: Counted = lambda rows: None) -> None:
    """The tables as a file. Raises ExportRefused where the format cannot hold them without loss."""
    format.write([replace(table, batches=_watched(table.batches, counted)) for table in tables], path)


def _watched(batches: Batches, counted: Counted) -> Batches:
    def watched() -> Iterator[Any]:
        for batch in batches():
            yield batch
            counted(len(batch))

    return watched
