"""The three formats, chosen by Accept or `?format=`: JSON in pages, GeoJSON and CSV as exports that stream."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

# Spreadsheets run what begins so as a formula (OWASP, CSV injection); an apostrophe makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Encoder(DjangoJSONEncoder):
    """Decimals as numbers."""

    def default(self, o: Any) -> Any:
        if isinstance(o, Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        if isinstance(o, Promise):
            return str(o)
        if isinstance(o, datetime):
            return o.isoformat()
        return super().default(o)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    exports = False

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else to_json(data)


class GeoJSONRenderer(JSONRenderer):
    """A FeatureCollection of a list, a Feature of one object (RFC 7946)."""

    media_type = "application/geo+json"
    format = "geojson"
    exports = True


class CSVRenderer(BaseRenderer):
    """Rows under a line of headings; nested values joined by dots, lists by semicolons, places as WKT."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"
    exports = True

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"".join(csv_lines([data] if isinstance(data, dict) else data))


def to_json(data: Any) -> bytes:
    return json.dumps(data, cls=Encoder, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def feature(shown: Mapping[str, Any], place: str) -> dict[str, Any]:
    """An object as a Feature; `place` is the field that holds its geometry."""
    properties = {name: value for name, value in shown.items() if name != place}
    return {"type": "Feature", "id": shown.get("id"), "geometry": shown.get(place), "properties": properties}


def features(rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[bytes]:
    """A FeatureCollection, piece by piece."""
    yield b'{"type":"FeatureCollection","features":['
    for number, shown in enumerate(rows):
        yield (b",\n" if number else b"\n") + to_json(feature(shown, place))
    yield b"\n]}\n"


def csv_lines(rows: Iterable[Mapping[str, Any]], headings: list[str] | None = None) -> Iterator[bytes]:
    """CSV (RFC 4180) of flattened rows; the first row gives the headings where none are stated."""
    for row in rows:
        flat = flattened(row)
        if headings is None:
            headings = list(flat)
            yield _line(headings)
        yield _line([inert(flat.get(name)) for name in headings])


def flattened(shown: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """One level of names; a geometry, which has a type and coordinates, becomes WKT."""
    flat: dict[str, Any] = {}
    for name, value in shown.items():
        if isinstance(value, dict) and "coordinates" in value:
            flat[prefix + name] = GEOSGeometry(json.dumps(value)).wkt
        elif isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
            flat[prefix + name] = to_json(value).decode()
        elif isinstance(value, list):
            flat[prefix + name] = ";".join(map(str, value))
        else:
            flat[prefix + name] = value
    return flat


def inert(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _line(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(list(cells))
    return text.getvalue().encode()
