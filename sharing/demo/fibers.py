"""Fiber: the metro's cables through its real tunnels, the grid's ground wires (OPGW) on the real power lines, and
generated cables of the operators and of public security in the streets.

Like ducts they meet at stations; a patch cable joins the cables of different owners there, and access cables bring the
grid's substations to the nearest station.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random

from registry.kinds import Kind
from registry.models import FiberType, Protection
from sharing.demo.asset_row import METRO_SOURCE, POWER_SOURCE, SYNTHETIC, AssetRow, Cell
from sharing.demo.line import WGS84, Place, length_m
from sharing.demo.parties import GRID, METRO, MOBILE, PIPES, POLICE, TELECOM
from sharing.demo.streets import SIDE_M, Section, cross_streets, links, sections, stations
from sharing.demo.wuhan import power_lines, substations

JOINT_STEP_M = 4000.0  # between joint boxes of a ground wire
DRUM_M = 2000.0  # cable comes on drums of this length, so has a splice each
SLACK = 1.03
ACCESS_WITHIN_M = 20_000.0


def fibers() -> Iterator[AssetRow]:
    for section in sections():
        yield _metro_cable(section)
        yield from _street_cables(section)
    for station in stations():
        yield _fiber(MOBILE, f"TX-{station.code}-L", (station.place, station.left), cores=24, used=4)
        yield _fiber(TELECOM, f"TX-{station.code}-R", (station.place, station.right), cores=24, used=4)
    for street in cross_streets():
        owner = Random(f"cross cable {street.code}").choice((MOBILE, TELECOM))
        yield _fiber(owner, f"GL-{street.code}", street.line.between(0.0, street.line.length_m), cores=48, used=18)
    for link in links():
        yield _fiber(PIPES, f"GL-{link.code}", link.line.points, cores=96, used=30)
    yield from _ground_wires()
    yield from _access_cables()


def _metro_cable(section: Section) -> AssetRow:
    used = Random(f"metro cable {section.code}").randint(40, 110)
    points = section.line.between(section.start_m, section.end_m)
    return _fiber(METRO, f"GL-{section.code}", points, cores=144, used=used, source=METRO_SOURCE)


def _street_cables(section: Section) -> Iterator[AssetRow]:
    chance = Random(f"street cables {section.code}")
    left = section.line.between(section.start_m, section.end_m, -SIDE_M)
    right = section.line.between(section.start_m, section.end_m, SIDE_M)
    cores = chance.choice((96, 144, 288))
    yield _fiber(MOBILE, f"GL-{section.code}-Y", left, cores=cores, used=chance.randint(cores // 4, cores - 6))
    yield _fiber(TELECOM, f"GL-{section.code}-D", right, cores=96, used=chance.randint(20, 92))
    if chance.random() < 0.4:
        yield _fiber(
            POLICE,
            f"GL-{section.code}-G",
            right,
            cores=48,
            used=chance.randint(16, 40),
            protection=Protection.RESTRICTED,
            open_to="telecom;transport;power",
        )


def _ground_wires() -> Iterator[AssetRow]:
    for power_line in power_lines():
        chance = Random(f"ground wire {power_line.code}")
        cores = chance.choice((24, 36, 48))
        for number, (a, b) in enumerate(pairwise(power_line.line.cut(JOINT_STEP_M)), 1):
            yield _fiber(
                GRID,
                f"OPGW-{power_line.code}-{number:02d}",
                power_line.line.between(a, b),
                cores=cores,
                used=chance.randint(cores // 3, cores - 4),
                fiber_type=FiberType.G654E if power_line.voltage_kv >= 500 else FiberType.G652D,
                protection=Protection.RESTRICTED if chance.random() < 0.15 else Protection.OPEN,
                source=POWER_SOURCE,
            )


def _access_cables() -> Iterator[AssetRow]:
    """From each substation to the chamber of the nearest station."""
    for substation in substations():
        distance, station = min(
            ((WGS84.inv(*substation.place, *station.left)[2], station) for station in stations()),
            key=lambda pair: (pair[0], pair[1].code),
        )
        if distance <= ACCESS_WITHIN_M:
            code = f"JR-{substation.code}"
            yield _fiber(MOBILE, code, (substation.place, station.left), cores=48, used=16)


def _fiber(
    owner: str,
    code: str,
    points: Sequence[Place],
    *,
    cores: int,
    used: int,
    source: str = SYNTHETIC,
    fiber_type: str = FiberType.G652D,
    protection: str = Protection.OPEN,
    open_to: str = "",
) -> AssetRow:
    route = length_m(points)
    values: dict[str, Cell] = {
        "capacity": cores,
        "fiber_type": fiber_type,
        "route_length_m": round(route, 1),
        "cable_length_m": round(route * SLACK + 1, 1),
        "attenuation_1310_db_km": 0.35,
        "attenuation_1550_db_km": 0.18 if fiber_type == FiberType.G654E else 0.21,
        "splices": int(route // DRUM_M),
        "connectors": 2,
        "price_per_unit_year": round(max(20.0, 420 * route / 1000), 2),
        "protection": protection,
        "protection_reason": "Carries protected services" if protection != Protection.OPEN else "",
        "open_to_sectors": open_to or "telecom;power;transport;municipal;public_security;other",
    }
    return AssetRow(owner, Kind.FIBER, code, points, source, values, used)
