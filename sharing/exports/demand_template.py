"""Template files of demand lists: the headings that imports know, in the reader's language where they know it, with
examples, notes and what each cell may hold."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind
from registry.models import FiberType
from sharing.importing.headings import DEMAND
from sharing.models import DisjointBy
from sharing.models.demand import LEAST_APART_M

ROWS = 5000
"""Rows that the workbook checks as they are typed: the longest list that the interface takes at once."""

Note = str | Promise


@dataclass(frozen=True)
class Column:
    """target: a field of the import. check: what a cell may hold, as XlsxWriter's data validation has it."""

    target: str
    note: Note
    check: dict[str, Any] | None = None
    width: int = 14


def _at_least(minimum: float, kind: str = "decimal") -> dict[str, Any]:
    return {"validate": kind, "criteria": ">=", "value": minimum}


def _between(least: float, most: float, kind: str = "decimal") -> dict[str, Any]:
    return {"validate": kind, "criteria": "between", "minimum": least, "maximum": most}


def _one_of(values: Sequence[str]) -> dict[str, Any]:
    return {"validate": "list", "source": list(values)}


_DAY = {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1)}
_YES_NO = _one_of(["yes", "no"])

COLUMNS: tuple[Column, ...] = (
    Column("name", _("A name of your own for the line; the same name again changes it."), width=20),
    Column("kind", _("What is needed."), _one_of(Kind.values), 16),
    Column("quantity", _("Mounts, bores, cores or rack units."), _at_least(1, "integer")),
    Column("splittable", _("Whether several assets together may meet it."), _YES_NO),
    Column("start", _("The first day."), _DAY),
    Column("end", _("Until, not including; empty for no end."), _DAY),
    Column("priority", _("1 is served first, 9 last."), _between(1, 9, "integer")),
    Column("budget_per_year", _("The most it may cost a year, for all units."), _at_least(0)),
    Column("lon", _("Towers and rooms: longitude in degrees, WGS 84."), _between(-180, 180)),
    Column("lat", _("Towers and rooms: latitude in degrees, WGS 84."), _between(-90, 90)),
    Column("radius_m", _("Towers and rooms: how far from the place, in metres."), _at_least(1)),
    Column("origin_lon", _("Ducts and fibers: longitude of the beginning."), _between(-180, 180)),
    Column("origin_lat", _("Ducts and fibers: latitude of the beginning."), _between(-90, 90)),
    Column("destination_lon", _("Ducts and fibers: longitude of the end."), _between(-180, 180)),
    Column("destination_lat", _("Ducts and fibers: latitude of the end."), _between(-90, 90)),
    Column("max_detour", _("Ducts and fibers: longest route, as times the straight distance."), _at_least(1)),
    Column("disjoint_from", _("Ducts and fibers: name of the line whose route it must not touch.")),
    Column(
        "disjoint_by", _("Ducts and fibers: what the two routes may not have in common."), _one_of(DisjointBy.values)
    ),
    Column("apart_m", _("Ducts and fibers, where it is distance: how far apart in metres."), _at_least(LEAST_APART_M)),
    Column("weight_kg", _("Weight of all units in kg."), _at_least(0)),
    Column("wind_area_m2", _("Wind area of all units in m²."), _at_least(0)),
    Column("power_kw", _("Power of all units in kW."), _at_least(0)),
    Column("mounting_height_m", _("Towers: height of the mount in m."), _at_least(0)),
    Column("max_earthing_ohm", _("Towers: highest earthing resistance in Ω."), _at_least(0)),
    Column("min_backup_h", _("Towers and rooms: power backup in hours."), _at_least(0)),
    Column("cable_outer_diameter_mm", _("Ducts: outer diameter of the cable in mm."), _at_least(0)),
    Column("accepts_hazardous_co_use", _("Ducts: whether gas, oil or high voltage may lie beside."), _YES_NO),
    Column("fiber_type", _("Fibers: type by ITU-T."), _one_of(FiberType.values)),
    Column("max_attenuation_db", _("Fibers: highest attenuation of the route in dB."), _at_least(0)),
    Column("wavelength_nm", _("Fibers: wavelength of the attenuation in nm."), _one_of(["1310", "1550"])),
    Column("min_floor_load_kn_m2", _("Rooms: floor load in kN/m²."), _at_least(0)),
    Column("min_feeds", _("Rooms: independent power feeds."), _between(1, 9, "integer")),
    Column("min_security_class", _("Rooms: security class, 1 to 3."), _between(1, 3, "integer")),
)


def headings() -> list[str]:
    """Of the columns: the fields' names, in Chinese the first Chinese heading that imports know."""
    if not (get_language() or "").startswith("zh"):
        return [column.target for column in COLUMNS]
    return [_chinese(column.target) for column in COLUMNS]


def _chinese(target: str) -> str:
    return next((heading for heading in DEMAND[target] if not heading.isascii()), target)


def examples() -> list[dict[str, Any]]:
    """A line for towers and a route of ducts, from the first of the month after next."""
    today = timezone.localdate()
    start = (today.replace(day=1) + timedelta(days=62)).replace(day=1)
    end = start.replace(year=start.year + 5)
    common = {"splittable": "no", "start": start, "end": end, "priority": 5}
    return [
        common
        | {
            "name": "Site 1", "kind": "tower", "quantity": 3, "lon": 114.3055, "lat": 30.5928, "radius_m": 300,
            "weight_kg": 120, "wind_area_m2": 1.5, "power_kw": 3, "mounting_height_m": 30,
        },
        common
        | {
            "name": "Route 1", "kind": "duct", "quantity": 1, "origin_lon": 114.3055, "origin_lat": 30.5928,
            "destination_lon": 114.3155, "destination_lat": 30.5968, "max_detour": 2, "cable_outer_diameter_mm": 15,
        },
    ]  # fmt: skip


def csv_template() -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to see Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings())
    writer.writerows([row.get(column.target, "") for column in COLUMNS] for row in examples())
    return text.getvalue().encode("utf-8-sig")


def xlsx_template() -> bytes:
    """A workbook whose cells are checked as they are typed, with a note at each heading."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("demands")
        bold = workbook.add_format({"bold": True, "bg_color": "#E3EFFB", "text_wrap": True, "valign": "top"})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for at, (column, heading) in enumerate(zip(COLUMNS, headings(), strict=True)):
            is_day = column.target in ("start", "end")
            sheet.set_column(at, at, column.width, day if is_day else None)
            sheet.write_string(0, at, heading, bold)
            sheet.write_comment(0, at, str(column.note))
            if column.check:
                told = {"input_message": str(column.note)[:255], "error_title": heading[:32]}
                sheet.data_validation(1, at, ROWS, at, column.check | told)
        for row, example in enumerate(examples(), start=1):
            for at, column in enumerate(COLUMNS):
                value = example.get(column.target)
                if value is not None:
                    sheet.write(row, at, value, day if column.target in ("start", "end") else None)
        sheet.freeze_panes(1, 1)
    return content.getvalue()
