"""Empty files to fill in: the headings of a kind as CSV, or as a workbook that lets only known words be chosen."""

import csv
import io
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from registry.importing.fields import DETAILS, ImportField, asset_fields, detail_fields
from registry.importing.headings import asset_headings
from registry.kinds import KINDS
from registry.models import Asset

ROWS = 5_000
"""Of a workbook, that have lists to choose from."""
BEGINNING = {"Point": ("code", "name", "lon", "lat"), "LineString": ("code", "name", "wkt")}


def columns(kind: str) -> list[str]:
    """The headings of a template, those that every row needs in front."""
    return [*BEGINNING[KINDS[kind].geometry], "region", "used_units", *asset_fields(), *detail_fields(kind)]


def label(kind: str, name: str) -> str:
    """What a column is called where people read."""
    said = {
        "lon": _("longitude"),
        "lat": _("latitude"),
        "wkt": _("geometry as WKT"),
        "lon_lat": _("longitude and latitude in one column"),
        "lat_lon": _("latitude and longitude in one column"),
        "region": _("region code or name"),
        "used_units": _("units in own use"),
    }
    if name in said:
        return said[name]
    for model in (Asset, DETAILS[kind]):
        for field in model._meta.concrete_fields:
            if field.name == name:
                return str(field.verbose_name)
    return name


def targets(kind: str) -> list[tuple[str, str]]:
    """All that a column of a file can fill: field and label."""
    return [(name, label(kind, name)) for name in asset_headings(kind)]


def csv_template(kind: str) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it."""
    text = io.StringIO()
    csv.writer(text).writerow(columns(kind))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def xlsx_template(kind: str) -> bytes:
    """A sheet of headings with notes and lists to choose from, and a sheet that explains them."""
    made = io.BytesIO()
    specs: dict[str, ImportField] = asset_fields() | detail_fields(kind)
    with xlsxwriter.Workbook(made, {"in_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        sheet, notes = workbook.add_worksheet(kind), workbook.add_worksheet(_("Notes")[:31])
        sheet.freeze_panes(1, 0)
        notes.write_row(0, 0, [_("Column"), _("Meaning"), _("Values")], bold)
        for at, name in enumerate(columns(kind)):
            sheet.write_string(0, at, name, bold)
            sheet.set_column(at, at, max(12, len(name) + 2))
            spec = specs.get(name)
            if spec:
                _validate(sheet, at, spec)
            notes.write_row(at + 1, 0, [name, label(kind, name), _values(spec)])
        notes.set_column(0, 2, 40)
    return made.getvalue()


def _validate(sheet: Any, at: int, spec: ImportField) -> None:
    rule: dict[str, Any] = {}
    if spec.type == "choice":
        rule = {"validate": "list", "source": list(spec.choices)}
    elif spec.type == "boolean":
        rule = {"validate": "list", "source": ["yes", "no"]}
    elif spec.type == "integer":
        rule = {"validate": "integer", "criteria": ">=", "value": 0}
    elif spec.type == "quantity":
        rule = {"validate": "decimal", "criteria": ">=", "value": 0}
    if rule:
        sheet.data_validation(1, at, ROWS, at, {**rule, "ignore_blank": True})


def _values(spec: ImportField | None) -> str:
    if spec is None:
        return ""
    if spec.choices:
        return ", ".join(spec.choices)
    return {"date": "2026-12-31", "boolean": "yes, no"}.get(spec.type, "")
