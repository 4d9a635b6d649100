"""Ducts: trays in the real metro tunnels, and generated ducts in the streets beside and across them.

They meet at the stations: a tray ends at the station's middle, street ducts in the chambers left and right of it, and
a lead-in joins the two, so that a route can pass from owner to owner.
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from registry.kinds import Kind
from registry.models import DuctMaterial
from sharing.demo.asset_row import METRO_SOURCE, SYNTHETIC, AssetRow, Cell
from sharing.demo.line import WGS84, Line, Place, length_m
from sharing.demo.parties import GRID, METRO, MOBILE, PIPES, TELECOM
from sharing.demo.streets import (
    SIDE_M,
    STATION_STEP_M,
    Section,
    cross_streets,
    links,
    second_tracks,
    sections,
    stations,
)

CHAMBER_STEP_M = 300.0
GRID_DUCT_SIDE_M = 36.0


def ducts() -> Iterator[AssetRow]:
    for section in sections():
        yield _tray(section.code, section.line.between(section.start_m, section.end_m), elevated=section.elevated)
        yield from _street_ducts(section)
    yield from _second_tunnels()
    for station in stations():
        yield _duct(TELECOM, f"YR-{station.code}-L", (station.place, station.left), bores=4, price_per_km=6000)
        yield _duct(PIPES, f"YR-{station.code}-R", (station.place, station.right), bores=4, price_per_km=6000)
    for street in cross_streets():
        yield from _cross_ducts(street.code, street.line)
    for link in links():
        yield from _pieces(PIPES, f"GD-{link.code}", link.line, 0.0, link.line.length_m, 0.0, bores=8)


def _tray(code: str, points: list[Place], *, elevated: bool) -> AssetRow:
    """Cable trays on a tunnel's wall or a viaduct's edge; the metro's own cables fill the lower ones."""
    chance = Random(f"tray {code}")
    return _duct(
        METRO,
        f"QJ-{code}",
        points,
        bores=6,
        price_per_km=5200,
        used=chance.choice((2, 3, 3, 4)),
        reserved=1,
        source=METRO_SOURCE,
        material=DuctMaterial.TRAY,
        inner=100.0,
        depth=0.0 if elevated else 15.0,
        fill_limit=0.6,
        terms="Work only from 00:30 to 04:00, with the metro's escort.",
    )


def _second_tunnels() -> Iterator[AssetRow]:
    """Where the two tracks run in tunnels of their own, with a cross passage to the nearest station at each end."""
    for number, stretch in enumerate(second_tracks(), 1):
        marks = stretch.line.cut(STATION_STEP_M)
        for place, (start_m, end_m) in enumerate(pairwise(marks), 1):
            yield _tray(f"{stretch.number}X{number}-{place:02d}", stretch.line.between(start_m, end_m), elevated=False)
        for place, mark in enumerate(marks, 1):
            end = stretch.line.at(mark)
            distance, station = min(
                ((WGS84.inv(*end, *station.place)[2], station) for station in stations()),
                key=lambda pair: (pair[0], pair[1].code),
            )
            if 5 < distance < 800:
                code = f"LL-{stretch.number}X{number}-{place:02d}"
                yield _duct(METRO, code, (end, station.place), bores=4, price_per_km=5200, source=METRO_SOURCE)


def _street_ducts(section: Section) -> Iterator[AssetRow]:
    """Telecom ducts on the left, of one operator or the other by stretches; municipal ones on the right; and here and
    there a duct of the grid company, with high voltage in it."""
    chance = Random(f"street ducts {section.code}")
    part = (section.line, section.start_m, section.end_m)
    operator = chance.choice((MOBILE, TELECOM))
    yield from _pieces(operator, f"TG-{section.code}", *part, -SIDE_M, bores=chance.choice((6, 9, 12)))
    if chance.random() < 0.75:
        yield from _pieces(PIPES, f"GD-{section.code}", *part, SIDE_M, bores=chance.choice((4, 6, 8)))
    if chance.random() < 0.3:
        yield from _pieces(GRID, f"DL-{section.code}", *part, GRID_DUCT_SIDE_M, bores=6, hazardous=True)


def _cross_ducts(code: str, line: Line) -> Iterator[AssetRow]:
    chance = Random(f"cross ducts {code}")
    owner = chance.choice((MOBILE, TELECOM, PIPES))
    yield from _pieces(owner, f"ZG-{code}", line, 0.0, line.length_m, 0.0, bores=chance.choice((4, 6)))


def _pieces(
    owner: str,
    code: str,
    line: Line,
    start_m: float,
    end_m: float,
    right_m: float,
    *,
    bores: int,
    hazardous: bool = False,
) -> Iterator[AssetRow]:
    """Ducts from chamber to chamber. One in thirty is blocked; one in fourteen is full."""
    chance = Random(f"pieces {code}")
    count = max(1, round((end_m - start_m) / CHAMBER_STEP_M))
    marks = [start_m + (end_m - start_m) * number / count for number in range(count + 1)]
    material, inner = chance.choice(
        ((DuctMaterial.HDPE, 100.0), (DuctMaterial.PVC, 102.0), (DuctMaterial.CEMENT, 90.0))
    )
    for number, (a, b) in enumerate(pairwise(marks), 1):
        yield _duct(
            owner,
            f"{code}-{number}",
            line.between(a, b, right_m),
            bores=bores,
            price_per_km=chance.choice((3000, 3600, 4200)),
            used=bores if chance.random() < 1 / 14 else chance.randint(bores // 3, 2 * bores // 3),
            material=material,
            inner=inner,
            depth=round(chance.uniform(0.7, 1.5), 1),
            sub_ducts=chance.choice((0, 0, 3)),
            blocked=chance.random() < 1 / 30,
            hazardous=hazardous,
        )


def _duct(
    owner: str,
    code: str,
    points: tuple[Place, ...] | list[Place],
    *,
    bores: int,
    price_per_km: float,
    used: int = 1,
    reserved: int = 0,
    source: str = SYNTHETIC,
    material: str = DuctMaterial.HDPE,
    inner: float = 100.0,
    depth: float = 1.0,
    fill_limit: float = 0.4,
    sub_ducts: int = 0,
    blocked: bool = False,
    hazardous: bool = False,
    terms: str = "",
) -> AssetRow:
    values: dict[str, Cell] = {
        "capacity": bores,
        "inner_diameter_mm": inner,
        "outer_diameter_mm": inner + 10,
        "material": material,
        "sub_ducts": sub_ducts,
        "depth_m": depth,
        "fill_limit": fill_limit,
        "blocked": blocked,
        "hazardous_co_use": hazardous,
        "price_per_unit_year": round(price_per_km * length_m(points) / 1000, 2),
        "terms": terms,
    }
    return AssetRow(owner, Kind.DUCT, code, points, source, values, used, reserved_units=reserved)
