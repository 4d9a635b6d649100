"""The planned metro extension: line 3 onwards from its southern end, with space reserved in tunnel and stations.

Generated; the real plans of Wuhan's metro are not open data.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from math import pi, radians

from registry.kinds import Kind
from registry.models import AssetStatus, DuctMaterial, FacilityStage, FacilityType, SecurityClass
from sharing.demo.asset_row import AssetRow
from sharing.demo.line import Line, moved
from sharing.demo.parties import METRO
from sharing.demo.wuhan import metro_lines

CODE = "M3-SOUTH"
NAME = "Metro line 3, southern extension"
STATIONS = 5
STATION_STEP_M = 1400.0
SOURCE = "synthetic: planned extension of metro line 3"


@cache
def route() -> Line:
    """From the southern end of line 3 straight on, bending a little to the west."""
    line = next(stretch.line for stretch in metro_lines() if stretch.number == "3")
    start_m = 0.0 if line.points[0][1] < line.points[-1][1] else line.length_m
    direction = line.heading(30.0) + pi if start_m == 0.0 else line.heading(line.length_m - 30.0)
    points = [line.at(start_m)]
    for _station in range(STATIONS):
        points.append(moved(points[-1], direction, STATION_STEP_M))
        direction -= radians(4)
    return Line(points)


def dates(today: date) -> dict[str, date]:
    """The facility's dates, which stay ahead of whoever runs the demo: by the names of PlannedFacility's columns."""
    return {
        "request_by": today + timedelta(days=240),
        "design_freeze_on": today + timedelta(days=300),
        "construction_starts_on": today + timedelta(days=420),
        "opens_on": today + timedelta(days=1460),
    }


FACTS = {
    "name": NAME,
    "facility_type": FacilityType.SUBWAY,
    "stage": FacilityStage.DESIGN,
    "cost_rule": "Reserved bores and rooms at cost, shared by those who ask before the request-by date, in proportion "
    "to what they reserve; afterwards at the price of retrofitting.",
}


def reserved_assets(today: date) -> Iterator[AssetRow]:
    """Bores in the tunnel from station to station, and a room in each station."""
    available = dates(today)["opens_on"].isoformat()
    planned = {"status": AssetStatus.PLANNED.value, "available_from": available}
    points = route().points
    for number, (start, end) in enumerate(pairwise(points), 1):
        yield AssetRow(
            METRO,
            Kind.DUCT,
            f"{CODE}-QJ-{number}",
            (start, end),
            SOURCE,
            planned
            | {
                "capacity": 6,
                "material": DuctMaterial.TRAY.value,
                "inner_diameter_mm": 100.0,
                "outer_diameter_mm": 110.0,
                "depth_m": 18.0,
                "fill_limit": 0.6,
                "price_per_unit_year": 6800,
            },
        )
    for number, place in enumerate(points[1:], 1):
        yield AssetRow(
            METRO,
            Kind.EQUIPMENT_ROOM,
            f"{CODE}-JF-{number}",
            (place,),
            SOURCE,
            planned
            | {
                "capacity": 84,
                "racks": 2,
                "area_m2": 20,
                "floor_load_kn_m2": 6.0,
                "power_kw": 15,
                "cooling_kw": 18,
                "feeds": 2,
                "backup_h": 4,
                "security_class": SecurityClass.CONTROLLED.value,
                "price_per_unit_year": 450,
            },
        )
