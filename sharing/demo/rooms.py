"""Equipment rooms: in the metro's stations, of the operators, beside macro towers, in the grid's substations, of the
city, of public security, and in housing estates."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from registry.kinds import Kind
from registry.models import Protection, SecurityClass
from sharing.demo.asset_row import METRO_SOURCE, POWER_SOURCE, SYNTHETIC, AssetRow, Cell
from sharing.demo.line import Place, moved
from sharing.demo.parties import GRID, HOUSING, LIGHTING, METRO, MOBILE, POLICE, TELECOM, TOWER_COMPANY
from sharing.demo.streets import cross_streets, stations
from sharing.demo.wuhan import substations

RACK_U = 42  # rack units in a standard rack, IEC 60297


@dataclass(frozen=True)
class RoomType:
    """racks: of 42 U. power_kw: for equipment, within cooling. price: of a rack unit and year."""

    racks: int
    area_m2: float
    power_kw: float
    floor_load_kn_m2: float
    backup_h: float
    feeds: int
    security: int
    price: float


STATION = RoomType(2, 18, 12, 6.0, 4, 2, SecurityClass.CONTROLLED, 420)
EXCHANGE = RoomType(12, 120, 90, 8.0, 8, 2, SecurityClass.GUARDED, 520)
SHELTER = RoomType(1, 8, 5, 5.0, 3, 1, SecurityClass.BASIC, 300)
SUBSTATION = RoomType(4, 40, 20, 8.0, 10, 2, SecurityClass.GUARDED, 480)
CABINET = RoomType(1, 6, 3, 4.0, 1, 1, SecurityClass.BASIC, 240)
ESTATE = RoomType(2, 15, 8, 5.0, 2, 1, SecurityClass.BASIC, 200)
COMMAND = RoomType(8, 90, 60, 10.0, 24, 2, SecurityClass.GUARDED, 700)
# Only these rooms have a day of backup; others see nothing of them.
COMMAND_STATIONS = ("2B-12", "3C-18", "4D-08")


def rooms() -> Iterator[AssetRow]:
    for station in stations():
        chance = Random(f"rooms {station.code}")
        yield _room(METRO, f"JF-{station.code}", station.place, STATION, source=METRO_SOURCE)
        operator = chance.choice((MOBILE, TELECOM))
        if chance.random() < 0.35:
            yield _room(operator, f"HJ-{station.code}", moved(station.left, chance.uniform(0, 6), 60), EXCHANGE)
        if chance.random() < 0.4:
            yield _room(LIGHTING, f"KZ-{station.code}", moved(station.right, chance.uniform(0, 6), 25), CABINET)
        if chance.random() < 0.2:
            yield _room(
                POLICE, f"PC-{station.code}", moved(station.right, chance.uniform(0, 6), 140), ESTATE, guarded=True
            )
        if station.code in COMMAND_STATIONS:
            yield _room(POLICE, f"ZH-{station.code}", moved(station.left, 1.0, 320), COMMAND, core=True)
    for street in cross_streets():
        chance = Random(f"rooms {street.code}")
        yield _room(TOWER_COMPANY, f"FB-{street.code}", street.line.beside(street.line.length_m / 2, 40), SHELTER)
        for number in range(chance.randint(0, 3)):
            place = street.line.beside(chance.uniform(150, 1450), chance.choice((-1, 1)) * chance.uniform(50, 150))
            yield _room(HOUSING, f"XQ-{street.code}-{number + 1}", place, ESTATE)
    for substation in substations():
        place = moved(substation.place, 0.7, 45)
        yield _room(GRID, f"{substation.code}-JF", place, SUBSTATION, source=POWER_SOURCE, guarded=True)


def _room(
    owner: str,
    code: str,
    place: Place,
    room: RoomType,
    *,
    source: str = SYNTHETIC,
    guarded: bool = False,
    core: bool = False,
) -> AssetRow:
    chance = Random(f"room {code}")
    capacity = room.racks * RACK_U
    used = chance.randint(capacity // 4, 9 * capacity // 10)
    values: dict[str, Cell] = {
        "capacity": capacity,
        "racks": room.racks,
        "area_m2": room.area_m2,
        "floor_load_kn_m2": room.floor_load_kn_m2,
        "power_kw": room.power_kw,
        "ac_power_kw": round(room.power_kw * 1.5, 1),
        "dc_power_kw": room.power_kw,
        "feeds": room.feeds,
        "cooling_kw": round(room.power_kw * 1.2, 1),
        "backup_h": room.backup_h,
        "security_class": room.security,
        "cable_entries": chance.randint(1, 6),
        "price_per_unit_year": room.price,
        "protection": Protection.CORE if core else Protection.RESTRICTED if guarded else Protection.OPEN,
        "protection_reason": "Command of public security" if core else "Guarded site" if guarded else "",
    }
    loads = {"power_kw": round(0.7 * room.power_kw * used / capacity, 2)}
    return AssetRow(owner, Kind.EQUIPMENT_ROOM, code, (place,), source, values, used, loads)
