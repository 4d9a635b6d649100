"""The formats, chosen by Accept or `?format=`: JSON in pages, GeoJSON and CSV as exports that stream, and files."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from rest_framework.renderers import BaseRenderer

from registry.exports.flat import flattened, to_json
from registry.exports.formats import Format
from registry.importing.markers import MARKED_IN_SHEETS, marked

IN_SHEETS = re.compile(MARKED_IN_SHEETS)


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


class FileRenderer(BaseRenderer):
    """A format that is made as a file. It renders nothing: what is answered with is the file itself."""

    charset = None
    exports = True

    def __init__(self, format: str, media_type: str) -> None:
        self.format, self.media_type = format, media_type

    @classmethod
    def of(cls, *formats: Format) -> list[Self]:
        return [cls(format.name, format.media_type) for format in formats]

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        raise TypeError("a file is not rendered")


PDF = FileRenderer("pdf", "application/pdf")


def feature(shown: Mapping[str, Any], place: str) -> dict[str, Any]:
    """An object as a Feature; `place` is the field that holds its geometry."""
    properties = {name: value for name, value in shown.items() if name != place}
    return {"type": "Feature", "id": shown.get("id"), "geometry": shown.get(place), "properties": properties}


def features(rows: Iterable[Mapping[str, Any]], place: str) -> Iterator[bytes]:
    """A FeatureCollection, piece by piece, with the marks of a file."""
    yield b'{"type":"FeatureCollection","features":['
    for number, row in enumerate(rows):
        shown = {name: marked(value) if isinstance(value, str) else value for name, value in row.items()}
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


def inert(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and IN_SHEETS.match(value) else value


def _line(cells: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(list(cells))
    return text.getvalue().encode()
