"""Towers, poles and masts: street lights, camera poles, telecom towers, and the towers of the real power lines.

Sizes are those usual in China: a street light of 10 to 12 m that may carry two small cells of 15 kg, a monopole of 25
to 40 m with nine mounts for antennas of 25 to 45 kg and 0.4 to 0.6 m² each.
"""

from collections.abc import Iterator
from random import Random

from registry.kinds import Kind
from registry.models import Protection, StructureType
from sharing.demo.asset_row import POWER_SOURCE, SYNTHETIC, AssetRow, Cell
from sharing.demo.line import Line, Place
from sharing.demo.parties import GRID, LIGHTING, MOBILE, POLICE, TELECOM, TOWER_COMPANY
from sharing.demo.streets import SIDE_M, cross_streets, links, sections
from sharing.demo.wuhan import power_lines, substations

LAMP_STEP_M = 50.0
CAMERA_STEP_M = 250.0
TELECOM_STEP_M = 270.0
SPAN_M = 350.0  # between two towers of a power line


def towers() -> Iterator[AssetRow]:
    for code, line, start_m, end_m in _streets():
        yield from _street_lights(code, line, start_m, end_m)
        yield from _camera_poles(code, line, start_m, end_m)
        yield from _telecom_towers(code, line, start_m, end_m)
    yield from _power_towers()
    yield from _substation_structures()


def _streets() -> Iterator[tuple[str, Line, float, float]]:
    """Every street as a code, a line and the part of it, in metres."""
    for section in sections():
        yield section.code, section.line, section.start_m, section.end_m
    for street in cross_streets():
        yield street.code, street.line, 0.0, street.line.length_m
    for link in links():
        yield link.code, link.line, 0.0, link.line.length_m


def _steps(start_m: float, end_m: float, step_m: float) -> list[float]:
    count = int((end_m - start_m) // step_m)
    return [start_m + (number + 0.5) * (end_m - start_m) / count for number in range(count)]


def _street_lights(code: str, line: Line, start_m: float, end_m: float) -> Iterator[AssetRow]:
    chance = Random(f"street lights {code}")
    for number, along_m in enumerate(_steps(start_m, end_m, LAMP_STEP_M), 1):
        height = chance.choice((9.0, 10.0, 10.0, 12.0, 12.0))
        mounts = 2 if height >= 10 else 1
        side = -1 if number % 2 else 1
        yield _tower(
            LIGHTING,
            f"LD-{code}-{number:03d}",
            line.beside(along_m, side * (SIDE_M - 12)),
            {
                "structure_type": StructureType.STREETLIGHT,
                "height_m": height,
                "free_height_min_m": 4.5,
                "free_height_max_m": height - 2.0,
                "capacity": mounts,
                "weight_kg": 30 * mounts,
                "wind_area_m2": round(0.35 * mounts, 2),
                "power_kw": chance.choice((0.5, 0.8, 1.2)),
                "earthing_ohm": round(chance.uniform(2, 10), 1),
                "price_per_unit_year": chance.choice((1200, 1500, 1800)),
            },
            used=1 if mounts == 2 and chance.random() < 0.25 else 0,
            unit_loads={"weight_kg": 8, "wind_area_m2": 0.1, "power_kw": 0.1},
        )


def _camera_poles(code: str, line: Line, start_m: float, end_m: float) -> Iterator[AssetRow]:
    chance = Random(f"camera poles {code}")
    for number, along_m in enumerate(_steps(start_m, end_m, CAMERA_STEP_M), 1):
        guarded = chance.random() < 0.25
        yield _tower(
            POLICE,
            f"JK-{code}-{number:02d}",
            line.beside(along_m, SIDE_M - 14),
            {
                "structure_type": StructureType.UTILITY_POLE,
                "height_m": 6.5,
                "free_height_min_m": 3.5,
                "free_height_max_m": 5.0,
                "capacity": 3,
                "weight_kg": 60,
                "wind_area_m2": 0.8,
                "power_kw": 1.0,
                "backup_h": 1,
                "earthing_ohm": round(chance.uniform(2, 8), 1),
                "price_per_unit_year": 1600,
                "protection": Protection.RESTRICTED if guarded else Protection.OPEN,
                "protection_reason": "Watches a protected place" if guarded else "",
            },
            used=chance.choice((1, 1, 2)),
            unit_loads={"weight_kg": 10, "wind_area_m2": 0.12, "power_kw": 0.15},
        )


def _telecom_towers(code: str, line: Line, start_m: float, end_m: float) -> Iterator[AssetRow]:
    chance = Random(f"telecom towers {code}")
    for number, along_m in enumerate(_steps(start_m, end_m, TELECOM_STEP_M), 1):
        owner = chance.choices((TOWER_COMPANY, MOBILE, TELECOM), (8, 1, 1))[0]
        structure, low, high, mounts = chance.choices(
            (
                (StructureType.ROOFTOP, 18, 36, 6),
                (StructureType.MONOPOLE, 25, 40, 9),
                (StructureType.LATTICE, 40, 55, 12),
            ),
            (6, 3, 1),
        )[0]
        height = float(chance.randint(low, high))
        used = min(mounts, chance.choices((0, 3, 6, 9, 12), (1, 4, 3, 2, 1))[0])
        yield _tower(
            owner,
            f"TT-{code}-{number:02d}",
            line.beside(along_m, chance.choice((-1, 1)) * chance.uniform(45, 180)),
            {
                "structure_type": structure,
                "height_m": height,
                "free_height_min_m": round(height * 0.55, 1),
                "free_height_max_m": round(height - (1.0 if used == 0 else 4.0), 1),
                "design_wind_kn_m2": 0.45,
                "structural_use_pct": round(100 * used / mounts * chance.uniform(0.7, 1.0), 1),
                "capacity": mounts,
                "weight_kg": 70 * mounts,
                "wind_area_m2": round(0.9 * mounts, 2),
                "power_kw": 2 * mounts,
                "backup_h": chance.choice((2, 3, 4, 8)),
                "earthing_ohm": round(chance.uniform(1, 10), 1),
                "price_per_unit_year": chance.choice((5200, 6400, 7800, 9500)),
            },
            used=used,
            unit_loads={"weight_kg": 45, "wind_area_m2": 0.6, "power_kw": 1.2},
            tenant=chance.choice((MOBILE, TELECOM)) if owner == TOWER_COMPANY else "",
            tenant_years=chance.choice((0, 1, 3, 5)),
        )


def _power_towers() -> Iterator[AssetRow]:
    for power_line in power_lines():
        line, chance = power_line.line, Random(f"power towers {power_line.code}")
        for number, along_m in enumerate(_steps(0.0, line.length_m, SPAN_M), 1):
            height = float(chance.randint(45, 65) if power_line.voltage_kv >= 500 else chance.randint(30, 45))
            yield _tower(
                GRID,
                f"{power_line.code}-{number:03d}",
                line.at(along_m),
                {
                    "structure_type": StructureType.POWER_TOWER,
                    "height_m": height,
                    "free_height_min_m": 12.0,
                    "free_height_max_m": round(height * 0.55, 1),
                    "voltage_kv": power_line.voltage_kv,
                    "capacity": 3,
                    "weight_kg": 180,
                    "wind_area_m2": 2.4,
                    "earthing_ohm": round(chance.uniform(1, 15), 1),
                    "price_per_unit_year": chance.choice((3600, 4200)),
                    "open_to_sectors": "telecom;municipal;public_security;transport",
                    "terms": "Work only in a planned outage or by live-line crews of the owner.",
                },
                source=POWER_SOURCE,
            )


def _substation_structures() -> Iterator[AssetRow]:
    for substation in substations():
        yield _tower(
            GRID,
            f"{substation.code}-J",
            substation.place,
            {
                "name": substation.name,
                "structure_type": StructureType.SUBSTATION,
                "height_m": 35.0,
                "free_height_min_m": 10.0,
                "free_height_max_m": 30.0,
                "voltage_kv": substation.voltage_kv,
                "capacity": 6,
                "weight_kg": 400,
                "wind_area_m2": 4.0,
                "power_kw": 10,
                "backup_h": 8,
                "earthing_ohm": 0.5,
                "price_per_unit_year": 5200,
                "protection": Protection.RESTRICTED,
                "protection_reason": "Critical infrastructure",
            },
            used=2,
            unit_loads={"weight_kg": 30, "wind_area_m2": 0.3, "power_kw": 0.5},
            source=POWER_SOURCE,
        )


def _tower(
    owner: str,
    code: str,
    place: Place,
    values: dict[str, Cell],
    *,
    used: int = 0,
    unit_loads: dict[str, float] | None = None,
    tenant: str = "",
    tenant_years: int = 0,
    source: str = SYNTHETIC,
) -> AssetRow:
    loads = {load: round(used * amount, 3) for load, amount in (unit_loads or {}).items()} if used else {}
    return AssetRow(owner, Kind.TOWER, code, (place,), source, values, used, loads, tenant, tenant_years)
