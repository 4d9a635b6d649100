"""The demand lists: routes across owners, one place that two operators want at once, and one with bad rows in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import radians
from random import Random

from registry.kinds import Kind
from registry.models import CELL_DEGREES, Protection
from sharing.demo.asset_row import Cell
from sharing.demo.line import WGS84, Place, moved
from sharing.demo.parties import MOBILE, POLICE, TELECOM
from sharing.demo.rooms import COMMAND_STATIONS
from sharing.demo.streets import Station, stations
from sharing.demo.wuhan import substations

CONTESTED = tuple(f"1A-{number:02d}" for number in range(14, 22))  # line 1 through Hankou
ROUTE_DEMANDS = 44
FAR_SUBSTATION = "S31647"
CONTESTED_SITES = 56


@dataclass(frozen=True)
class Posting:
    """A demand list as its party would send it: a file of rows, by the column names of the import.

    bad_rows: how many of them are bad on purpose.
    """

    stem: str
    party: str
    title: str
    rows: Sequence[dict[str, Cell]]
    bad_rows: int = 0


def postings(today: date) -> list[Posting]:
    """All lists, the same for the same day."""
    return [
        Posting("routes", TELECOM, "Backbone and access routes", _routes(today)),
        Posting("hankou-mobile", MOBILE, "5G-A along line 1 in Hankou", _contested(today, "mobile")),
        Posting("hankou-telecom", TELECOM, "Dense 5G along line 1 in Hankou", _contested(today, "telecom")),
        _with_bad_rows(today),
    ]


def _routes(today: date) -> list[dict[str, Cell]]:
    """Ducts and fiber from station to station, two thirds along one line, a third from one line to another."""
    chance, all_stations = Random("routes"), stations()
    rows: list[dict[str, Cell]] = []
    while len(rows) < ROUTE_DEMANDS:
        start = chance.choice(all_stations)
        near = [end for end in all_stations if 2500 < _apart_m(start, end) < 9000]
        along = [end for end in near if end.code[:3] == start.code[:3]]
        end = chance.choice(along if along and len(rows) % 3 else near)
        kind = Kind.FIBER if len(rows) % 2 else Kind.DUCT
        row = _line(today, f"{kind.name.title()} {start.code} to {end.code}", kind, chance)
        row |= {"quantity": chance.choice((2, 4, 8)) if kind == Kind.FIBER else 1, "max_detour": 2.5}
        row |= _ends(_near(start, chance), _near(end, chance))
        row |= {"max_attenuation_db": 18} if kind == Kind.FIBER else {"cable_outer_diameter_mm": 18}
        rows.append(row)
    return [_from_beyond_wuhan(today, chance), *rows]


def _from_beyond_wuhan(today: date, chance: Random) -> dict[str, Cell]:
    """Over the grid's ground wires from a substation in Xiaogan: the province decides what crosses Wuhan's border."""
    start = next(substation for substation in substations() if substation.code == FAR_SUBSTATION)
    end = stations()[0]
    row = _line(today, f"Fiber {start.name}, Xiaogan, to {end.code}", Kind.FIBER, chance)
    return row | {"quantity": 2, "priority": 2, "max_detour": 3} | _ends(start.place, _near(end, chance))


def _contested(today: date, who: str) -> list[dict[str, Cell]]:
    """Small cells, antennas 28 m up, and rack space in the same eight station areas, whoever asks; `who` only moves
    them a little. One line asks for a guarded room with a day of backup, which only core rooms have."""
    chance, places = Random("contested"), Random(f"contested {who}")
    sites = [station for station in stations() if station.code in CONTESTED]
    rows: list[dict[str, Cell]] = []
    for number in range(CONTESTED_SITES):
        place = _near(sites[number % len(sites)], chance, within_m=500)
        place = moved(place, places.uniform(0, radians(360)), 15)
        if number % 7 == 3:
            row = _line(today, f"Rack space {number + 1}", Kind.EQUIPMENT_ROOM, chance)
            row |= {"quantity": chance.choice((8, 12, 20)), "power_kw": 1.5, "min_backup_h": 2, "radius_m": 700}
        elif number % 7 in (1, 5):
            row = _line(today, f"Macro site {number + 1}", Kind.TOWER, chance)
            row |= {"quantity": 3, "weight_kg": 120, "wind_area_m2": 1.5, "power_kw": 3.6}
            row |= {"mounting_height_m": chance.choice((22, 25, 28)), "radius_m": 400}
        else:
            row = _line(today, f"Small cell {number + 1}", Kind.TOWER, chance)
            row |= {"quantity": 1, "weight_kg": 15, "wind_area_m2": 0.15, "power_kw": 0.3}
            row |= {"mounting_height_m": 7, "radius_m": 150}
        rows.append(row | {"priority": places.randint(1, 9), "lon": place[0], "lat": place[1]})
    if who == "mobile":
        rows.insert(0, _guarded_room(today, chance))
    return rows


def _guarded_room(today: date, chance: Random) -> dict[str, Cell]:
    command = next(station for station in stations() if station.code == COMMAND_STATIONS[0])
    cell = CELL_DEGREES[Protection.CORE]
    lon, lat = ((value // cell + 0.5) * cell for value in command.place)
    return _line(today, "Guarded core node", Kind.EQUIPMENT_ROOM, chance) | {
        "quantity": 10,
        "power_kw": 4,
        "min_backup_h": 12,
        "min_feeds": 2,
        "min_security_class": 3,
        "priority": 1,
        "radius_m": 3000,
        "lon": round(lon, 6),
        "lat": round(lat, 6),
    }


def _with_bad_rows(today: date) -> Posting:
    """Cameras of public security on street lights, by a clerk in a hurry."""
    chance, rows = Random("cameras"), []
    for number, station in enumerate(chance.sample(stations(), 16), 1):
        lon, lat = _near(station, chance, within_m=300)
        row = _line(today, f"Camera {number}", Kind.TOWER, chance) | {"quantity": 1, "weight_kg": 12, "power_kw": 0.2}
        rows.append(row | {"mounting_height_m": 5, "radius_m": 120, "lon": lon, "lat": lat})
    bad: list[dict[str, Cell]] = [
        {"quantity": "two"},
        {"kind": "lamp post"},
        {"lon": rows[2]["lat"], "lat": rows[2]["lon"]},
        {"end": (today - timedelta(days=30)).isoformat()},
        {"radius_m": ""},
        {"priority": 12},
    ]
    rows += [rows[number] | {"name": f"Camera {number + 17}"} | fault for number, fault in enumerate(bad)]
    return Posting("cameras", POLICE, "Cameras on street lights", rows, bad_rows=len(bad))


def _line(today: date, name: str, kind: Kind, chance: Random) -> dict[str, Cell]:
    """What every line has. One in four begins today, so that its agreement is in force at once."""
    start = today if chance.random() < 0.25 else today + timedelta(days=chance.choice((30, 60, 90)))
    years = chance.choice((1, 2, 3, 5))
    return {
        "name": name,
        "kind": kind.value,
        "start": start.isoformat(),
        "end": (start + timedelta(days=365 * years)).isoformat(),
        "priority": chance.randint(1, 9),
    }


def _ends(origin: Place, destination: Place) -> dict[str, Cell]:
    return {
        "origin_lon": origin[0],
        "origin_lat": origin[1],
        "destination_lon": destination[0],
        "destination_lat": destination[1],
    }


def _near(station: Station, chance: Random, within_m: float = 40.0) -> Place:
    return moved(station.place, chance.uniform(0, radians(360)), chance.uniform(5, within_m))


def _apart_m(start: Station, end: Station) -> float:
    return float(WGS84.inv(*start.place, *end.place)[2])
