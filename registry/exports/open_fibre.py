"""Fibers as an Open Fibre Data Standard 0.4 network package: a network an owner, a span a cable, a node where cables
of one owner end on one spot. https://standard.ofds.info/en/0__4__0/"""

import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import shapely
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.exports.flat import to_json
from registry.exports.table import GEOMETRY, ExportRefused, Table
from registry.importing.coordinates import WGS84
from registry.importing.markers import unmarked
from registry.models import AssetStatus, FiberType, Organization

SCHEMA = "https://standard.ofds.info/en/0__4__0/network-schema.json"
CRS84 = {"name": "urn:ogc:def:crs:OGC::CRS84", "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
# What a span is made of, of the fields of the API.
FIELDS = (
    "code", "name", "status", "owner", "place", "place_is_exact", "available_from", "capacity", "free_today",
    "details",
)  # fmt: skip
STATUSES = {
    AssetStatus.PLANNED.value: "planned",
    AssetStatus.IN_SERVICE.value: "operational",
    AssetStatus.OUT_OF_SERVICE.value: "inactive",
}
DIGITS = 7  # of degrees: a centimetre, within which ends are one node

Node = tuple[str, float, float]


def write_open_fibre(tables: Sequence[Table], path: Path) -> None:
    """The package, of a table of fibers in the order of their owners. Raises ExportRefused where there is none, which
    the standard does not allow, and for any system but longitudes and latitudes."""
    [table] = tables
    if table.crs != WGS84:
        raise ExportRefused(_("The Open Fibre Data Standard is in longitudes and latitudes of WGS 84: leave crs out."))
    owners = Organization.objects.in_bulk(field_name="code")
    with path.open("wb") as file:
        file.write(b'{"networks":[')
        between = b""
        for owner, rows in groupby(_rows(table), key=lambda row: row["owner"]):
            file.write(between)
            _write_network(file, owners[unmarked(owner)], rows)
            between = b",\n"
        file.write(b"]}\n")
    if not between:
        raise ExportRefused(_("There is no fiber in this list, and the Open Fibre Data Standard needs one."))


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    for batch in table.batches():
        places = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
        for row, place in zip(batch.to_pylist(), places.tolist(), strict=True):
            yield row | {GEOMETRY: [list(point) for point in place.coords]}


def _write_network(file: IO[bytes], owner: Organization, rows: Iterator[dict[str, Any]]) -> None:
    """Spans first, as they come, and then the nodes that they need."""
    file.write(to_json(_network(owner))[:-1] + b',"spans":[')
    nodes: set[Node] = set()
    between = b""
    for row in rows:
        start, end = _node(row, 0), _node(row, -1)
        file.write(between + to_json(_span(row, owner, start, end)))
        between = b",\n"
        nodes |= {start, end}
    file.write(b'],"nodes":[')
    between = b""
    for node in sorted(nodes):
        file.write(between + to_json(_shown(node)))
        between = b",\n"
    file.write(b"]}")


def _network(owner: Organization) -> dict[str, Any]:
    organisation: dict[str, Any] = {"id": owner.code, "name": owner.name}
    if owner.social_credit_code:
        # Of org-id.guide: the unified social credit code.
        organisation["identifier"] = {"id": owner.social_credit_code, "scheme": "CN-USCI"}
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:infrashare:network:{owner.code}")),
        "name": owner.name,
        "links": [{"href": SCHEMA, "rel": "describedby"}],
        "crs": CRS84,
        "publicationDate": timezone.localdate().isoformat(),
        "organisations": [organisation],
    }


def _span(row: dict[str, Any], owner: Organization, start: Node, end: Node) -> dict[str, Any]:
    """A masked cable runs straight from cell to cell, which `placeIsExact`, no field of the standard, says."""
    fiber_type = row["fiber_type"]
    known = fiber_type != FiberType.OTHER
    span = {
        "id": unmarked(row["code"]),
        "name": unmarked(row["name"]) or None,
        "status": STATUSES[row["status"]],
        "readyForServiceDate": row["available_from"] and row["available_from"].isoformat(),
        "start": start[0],
        "end": end[0],
        "route": {"type": "LineString", "coordinates": row[GEOMETRY]},
        "transmissionMedium": ["fibre"],
        "transmissionMediumOwner": {"id": owner.code, "name": owner.name},
        "darkFibre": row["free_today"] > 0,
        "fibreType": fiber_type[:5] if known else None,
        "fibreTypeDetails": {"fibreSubtype": fiber_type} if known and len(fiber_type) > 5 else None,
        "fibreCount": row["capacity"],
        "fibreLength": row["cable_length_m"] and row["cable_length_m"] / 1000,
        "placeIsExact": None if row["place_is_exact"] else False,
    }
    return {name: value for name, value in span.items() if value is not None}


def _node(row: dict[str, Any], at: int) -> Node:
    """Where a cable ends; of a masked one a node of its own, for a cell is no spot where cables meet."""
    x, y = row[GEOMETRY][at]
    if not row["place_is_exact"]:
        return f"{unmarked(row['code'])} {'start' if at == 0 else 'end'}", x, y
    return f"@{y:.{DIGITS}f},{x:.{DIGITS}f}", round(x, DIGITS), round(y, DIGITS)


def _shown(node: Node) -> dict[str, Any]:
    name, x, y = node
    return {"id": name, "location": {"type": "Point", "coordinates": [x, y]}}
