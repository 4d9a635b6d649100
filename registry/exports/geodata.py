"""Map files, written by GDAL through pyogrio as it takes the batches from the stream."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from registry.exports.table import GEOMETRY, ExportRefused, Table
from registry.importing.coordinates import WGS84

KML_NAMES = {"end": "until"}


def write_geopackage(tables: Sequence[Table], path: Path) -> None:
    """A layer a table; a table without places is one of attributes."""
    for table in tables:
        write_layer(table, path, "GPKG", append=path.exists())


def write_flatgeobuf(tables: Sequence[Table], path: Path) -> None:
    """One layer, in the order of its spatial index."""
    [table] = tables
    write_layer(table, path, "FlatGeobuf")


def write_geojson(tables: Sequence[Table], path: Path) -> None:
    """A FeatureCollection that states its system, as GeoJSON of 2008 does; RFC 7946 knows WGS 84 only."""
    [table] = tables
    write_layer(table, path, "GeoJSON", COORDINATE_PRECISION="15", SIGNIFICANT_FIGURES="17")


def write_kml(tables: Sequence[Table], path: Path) -> None:
    """One folder. Raises ExportRefused for any system but WGS 84, which KML is always in."""
    [table] = tables
    if table.crs != WGS84:
        raise ExportRefused(_("KML is in longitudes and latitudes of WGS 84 always: leave crs out."))
    # `end` is a name of KML's own, of the time at which a placemark goes: what reads it finds that one, empty.
    schema = pa.schema([f.with_name(KML_NAMES.get(f.name, f.name)) for f in table.schema])
    renamed = replace(
        table,
        schema=schema,
        batches=lambda: (pa.record_batch(batch.columns, schema=schema) for batch in table.batches()),
    )
    write_layer(renamed, path, "KML")


def write_layer(table: Table, path: Path, driver: str, **options: Any) -> None:
    """One layer of the file at `path`. Raises ExportRefused where GDAL cannot write it."""
    # It brings pandas along: 100 MB that a process which writes no such file does not need.
    from pyogrio import errors, raw  # noqa: PLC0415

    faults: list[Exception] = []
    stream = replace(table, batches=lambda: _noting(table, faults))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw.write_arrow(
                stream.reader(),
                path,
                layer=table.name,
                driver=driver,
                geometry_name=GEOMETRY if table.shape else None,
                geometry_type=table.shape,
                crs=table.stated_crs,
                **options,
            )
        except (
            errors.DataSourceError,
            errors.DataLayerError,
            errors.FeatureError,
            errors.FieldError,
            errors.GeometryError,
            RuntimeError,
        ) as error:
            if faults:
                raise faults[0] from error
            raise ExportRefused(_("The file cannot be written: %(error)s.") % {"error": error}) from error
    # What GDAL warns of is lost to the file; that a system has no name (gcj02) is a warning of pyogrio's.
    lost = [str(warning.message) for warning in caught if issubclass(warning.category, RuntimeWarning)]
    if lost:
        raise ExportRefused(_("The file cannot hold this list whole: %(reason)s.") % {"reason": lost[0]})


def _noting(table: Table, faults: list[Exception]) -> Iterator[Any]:
    """The batches; what goes wrong with them is noted, for GDAL tells no more of it than its words."""
    try:
        yield from table.batches()
    except Exception as fault:
        faults.append(fault)
        raise
