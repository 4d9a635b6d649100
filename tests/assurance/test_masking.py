"""A spy who may ask everything that a party may ask, and wants to know where a restricted asset is.

Two proofs, each with a control whose mask is taken off. The first is of worlds: the assets are moved about in their
cells, and every answer must be the same to the byte, so that nothing that is made of answers, by whatever cleverness,
can tell more than the cell does. The second is a spy who searches by halves through each door that compares places:
what it finds is the middle of the cell, which is what a guess without any question would say. Last, a spy who looks at
the clock, since answers that are alike may take unlike times.
"""

import hashlib
import math
import random
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, Point
from django.db import connection
from django.utils import timezone
from pyproj import Geod

from registry.models import Asset, Protection
from registry.models.tile_change import TileChange
from registry.tiles import folding
from sharing.models import DemandList
from tests import factories
from tests.assurance.conftest import LONG, Tell, times
from tests.calls import Caller, body_of
from tests.registry.tiles.reading import tile_at
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

Place = tuple[float, float]
Box = tuple[float, float, float, float]
NEAR_M = 5
WGS84 = Geod(ellps="WGS84")
CELL = 0.01
WEST, SOUTH = 114.25, 30.55
HOLDS = 3
OF_THIS_REQUEST = rb'name="csrfmiddlewaretoken" value="[^"]*"|"timeStamp":\s?"[^"]*"|"X-CSRFToken": "[^"]*"'
SOUGHT = "TOWER-0"
TOWERS = {f"TOWER-{n}": n // HOLDS for n in range(2 * HOLDS)}
"""The cell of each: the first or the second."""
UNMASKED = """
CREATE OR REPLACE FUNCTION registry_mask(place geometry, protection text, near_rung integer, far_rung integer)
RETURNS geometry LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN place
"""


class World:
    """Restricted towers, three to a cell of 0.01°, and ducts between two such cells, in sight of a party."""

    def __init__(self, seed: str, *, has_route: bool = False) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL registry.cell_holds = %s", [HOLDS])
        self.chance = random.Random(seed)
        scene = Scene()
        factories.asset(scene.metro, code="OPEN", at=self.anywhere(0))
        hidden = {"owner": scene.grid, "protection": Protection.RESTRICTED}
        self.targets = [
            factories.asset(code=code, at=self.anywhere(cell), capacity=40 if code == SOUGHT else 4, **hidden)
            for code, cell in TOWERS.items()
        ]
        self.targets += [
            factories.asset(kind="duct", code=f"DUCT-{n}", at=self.anywhere(0), to=self.anywhere(1), **hidden)
            for n in range(HOLDS)
        ]
        with connection.cursor() as cursor:
            cursor.execute("SELECT registry_recut_cells(%s)", [scene.grid.pk])
        self.spy = Caller(scene.asker)
        self.demands: DemandList = factories.demand_list(scene.party, "draft")
        self.site = factories.demand(self.demands, at=self.middle(0), radius_m=1, quantity=30)
        self.site_at = self.middle(0)
        if LONG and has_route:
            # The first route takes a process half a minute, while its search is compiled.
            factories.demand(self.demands, "duct", at=self.middle(0), to=self.middle(1))
        self.settle()

    def middle(self, cell: int) -> Place:
        return (WEST + CELL * (cell + 0.5), SOUTH + CELL * 0.5)

    def anywhere(self, cell: int) -> Place:
        """In the cell, off its rim by a metre."""
        east, north = (self.chance.uniform(1e-5, CELL - 1e-5) for _ in range(2))
        return (WEST + CELL * cell + east, SOUTH + north)

    def settle(self) -> None:
        folding.fold_all()
        for one in self.targets:
            one.refresh_from_db()

    def move_about(self) -> None:
        """Each elsewhere in its cell; whoever does it leaves no other trace."""
        for one in self.targets:
            if one.kind == "duct":
                place: Any = LineString(self.anywhere(0), self.anywhere(0), self.anywhere(1), srid=4326)
            else:
                place = Point(*self.anywhere(TOWERS[one.code]), srid=4326)
            Asset.objects.filter(pk=one.pk).update(geometry=place)
        self.settle()

    def move_site(self, place: Place) -> None:
        body = {"location": {"type": "Point", "coordinates": list(place)}}
        moved = self.spy.patch(f"demands/{self.site.pk}/", body)
        assert moved.status_code == 200, moved.content
        self.site_at = place

    def unmask(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(UNMASKED)
            cursor.execute("UPDATE registry_asset SET geometry = geometry")
            cursor.execute("SELECT registry_note_cells(array_agg(id)) FROM registry_asset")
        TileChange.objects.create(assets=[one.pk for one in self.targets])
        self.settle()


# --- Worlds that differ in nothing that may be known ---------------------------------------------------------------


def question(world: World, chance: random.Random) -> bytes:
    """An answer to something that a party may ask."""
    spot = (WEST + chance.uniform(-CELL, 3 * CELL), SOUTH + chance.uniform(-CELL, 2 * CELL))
    reach = 10 ** chance.uniform(-4.5, -2)
    box = f"{spot[0] - reach},{spot[1] - reach},{spot[0] + reach},{spot[1] + reach}"
    target = chance.choice(world.targets)
    return chance.choice([of_the_list, of_items, of_tiles, of_one, of_pages, of_matching])(
        world, chance, spot, reach, box, target
    )


def of_the_list(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    where: dict[str, Any] = chance.choice(
        [{"bbox": box}, {"near": f"{spot[0]},{spot[1]}", "radius": max(1, round(reach * 1e5))}, {"code": target.code}]
    )
    order = chance.choice(["id", "-updated_at", "code"])
    return answer(world.spy.get("assets/", format=chance.choice(["json", "csv", "geojson"]), ordering=order, **where))


def of_items(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    condition = chance.choice(
        [
            f"S_INTERSECTS(place, BBOX({box}))",
            f"NOT S_WITHIN(place, BBOX({box}))",
            f"S_DISJOINT(place, BBOX({box})) AND code = '{target.code}'",
            f"S_TOUCHES(place, LINESTRING({spot[0]} {spot[1]}, {spot[0]} 31))",
            f"S_EQUALS(place, POINT({spot[0]} {spot[1]})) OR code = '{target.code}'",
            f"S_INTERSECTS(place, POLYGON(({spot[0]} {spot[1]}, 115 30, 115 31, {spot[0]} {spot[1]})))",
        ]
    )
    collection = "ducts" if target.kind == "duct" else "towers"
    limit = chance.choice([1, 50])
    return answer(world.spy.get(f"/ogc/collections/{collection}/items", filter=condition, limit=limit))


def of_tiles(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    zoom, column, row = tile_at(*spot, chance.randint(8, 16))
    collection = chance.choice(["", "/collections/towers", "/collections/ducts"])
    return answer(world.spy.get(f"/ogc{collection}/tiles/WebMercatorQuad/{zoom}/{row}/{column}"))


def of_one(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    collection = "ducts" if target.kind == "duct" else "towers"
    return answer(
        world.spy.get(chance.choice([f"assets/{target.pk}/", f"/ogc/collections/{collection}/items/{target.pk}"]))
    )


def of_pages(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    where = {"near": f"{spot[0]},{spot[1]}", "radius": max(1, round(reach * 1e5))}
    return answer(world.spy.get(chance.choice(["/assets/places/", "/assets/", f"/assets/{target.pk}/"]), **where))


def of_matching(world: World, chance: random.Random, spot: Place, reach: float, box: str, target: Asset) -> bytes:
    """What a trial would give the spy's own line, moved to the spot."""
    world.move_site(spot)
    wish = {"lines": [1], "radius_m": chance.uniform(1, 3000)}
    return answer(world.spy.post(f"demand-lists/{world.demands.pk}/what-if/", {"lines": [wish]}))


def answer(response: Any) -> bytes:
    """Status and body, without what is of this very request."""
    body = body_of(response)
    assert response.status_code in (200, 204), body[:500]
    return str(response.status_code).encode() + re.sub(OF_THIS_REQUEST, b"", body)


def answers(world: World, seed: str, count: int) -> list[str]:
    chance = random.Random(seed)
    return [hashlib.sha256(question(world, chance)).hexdigest() for _ in range(count)]


PARTS = times(short=1, long=6)


@pytest.fixture
def one_day(time_machine: Any) -> None:
    """Pages name days, so that none may end between the two worlds."""
    time_machine.move_to(timezone.localtime().replace(hour=8))


@pytest.mark.parametrize("part", range(PARTS))
def test_no_answer_depends_on_where_in_its_cell_an_asset_is(part: int, one_day: None, added: Tell) -> None:
    count = times(short=8, long=15_000)
    world = World(f"masked {part}", has_route=True)
    seed = f"questions {part}"
    before = answers(world, seed, count)
    rungs = [(one.near_rung, one.far_rung) for one in world.targets]
    world.move_about()
    assert [(one.near_rung, one.far_rung) for one in world.targets] == rungs
    assert set(rungs) == {(0, 5), (0, 0)}
    differing = sum(one != other for one, other in zip(before, answers(world, seed, count), strict=True))
    asked = f"of {PARTS * count:,}"
    added("questions a restricted asset of which the answer depends on its place", differing, asked, 0)


def test_without_the_mask_answers_depend_on_it(one_day: None) -> None:
    world = World("masked")
    world.unmask()
    before = answers(world, "questions", 12)
    world.move_about()
    after = answers(world, "questions", 12)
    assert sum(one != other for one, other in zip(before, after, strict=True)) >= 4


# --- A spy who searches ---------------------------------------------------------------------------------------------


def by_boxes(world: World) -> Place:
    return halved(lambda box: bool(world.spy.codes("assets/", bbox=",".join(map(str, box)), code=SOUGHT)))


def by_filters(world: World) -> Place:
    def holds(box: Box) -> bool:
        condition = f"code = '{SOUGHT}' AND S_INTERSECTS(place, BBOX({','.join(map(str, box))}))"
        return bool(world.spy.get("/ogc/collections/towers/items", filter=condition).json()["features"])

    return halved(holds)


def by_collections(world: World) -> Place:
    """By a filter with parts of several dimensions, of which one is far away."""

    def holds(box: Box) -> bool:
        west, south, east, north = box
        ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
        collection = f"GEOMETRYCOLLECTION(POINT(0 0), POLYGON(({ring})))"
        condition = f"code = '{SOUGHT}' AND NOT S_DISJOINT({collection}, place) AND S_EQUALS(place, place)"
        return bool(world.spy.get("/ogc/collections/towers/items", filter=condition).json()["features"])

    return halved(holds)


def by_circles(world: World) -> Place:
    def holds(corner: Place, radius: float) -> bool:
        return bool(world.spy.codes("assets/", near=f"{corner[0]},{corner[1]}", radius=radius, code=SOUGHT))

    return crossed(holds)


def by_trials(world: World) -> Place:
    """By the radius within which a trial finds the one tower that has as many mounts free."""

    def holds(corner: Place, radius: float) -> bool:
        if world.site_at != corner:
            world.move_site(corner)
        trial = {"lines": [{"lines": [1], "radius_m": radius}]}
        answered = world.spy.post(f"demand-lists/{world.demands.pk}/what-if/", trial).json()
        return bool(answered["after"]["matched"])

    return crossed(holds)


def halved(holds: Callable[[Box], bool]) -> Place:
    """In turn east or west, and north or south, until the box is a metre wide."""
    west, south, east, north = WEST, SOUTH, WEST + CELL, SOUTH + CELL
    while max(east - west, north - south) > 1e-5:
        if east - west >= north - south:
            middle = (west + east) / 2
            west, east = (west, middle) if holds((west, south, middle, north)) else (middle, east)
        else:
            middle = (south + north) / 2
            south, north = (south, middle) if holds((west, south, east, middle)) else (middle, north)
    return (west + east) / 2, (south + north) / 2


def crossed(holds: Callable[[Place, float], bool]) -> Place:
    """Where circles about three corners cross that just reach it; by the plane, which is good to a metre here."""
    a, b, c = (farthest(corner, holds) for corner in ((WEST, SOUTH), (WEST + CELL, SOUTH), (WEST, SOUTH + CELL)))
    width, height = metres((WEST, SOUTH), (WEST + CELL, SOUTH)), metres((WEST, SOUTH), (WEST, SOUTH + CELL))
    east, north = (a**2 - b**2 + width**2) / (2 * width), (a**2 - c**2 + height**2) / (2 * height)
    return WEST + CELL * east / width, SOUTH + CELL * north / height


def farthest(corner: Place, holds: Callable[[Place, float], bool]) -> float:
    least, most = 0.0, 1_600.0
    while most - least > 2:
        middle = (least + most) / 2
        least, most = (least, middle) if holds(corner, middle) else (middle, most)
    return most


def metres(one: Place, other: Place) -> float:
    return float(WGS84.inv(*one, *other)[2])


DOORS = {
    "boxes": by_boxes,
    "filters": by_filters,
    "collections": by_collections,
    "circles": by_circles,
    "trials": by_trials,
}


@pytest.mark.parametrize("door", DOORS)
def test_a_spy_finds_the_middle_of_the_cell_whichever_way_he_searches(door: str, told: Tell) -> None:
    world = World(door)
    better = 0
    for _again in range(times(short=1, long=50)):
        found, blind, true = DOORS[door](world), world.middle(0), world.targets[0].geometry.coords
        assert metres(found, blind) < NEAR_M
        better += metres(found, true) < metres(blind, true) - NEAR_M
        world.move_about()
    told(f"searches by {door} that came nearer than a guess at the middle of the cell", better, "", 0)


@pytest.mark.parametrize("door", ["boxes", "trials"])
def test_without_the_mask_the_same_spy_finds_the_asset(door: str) -> None:
    world = World(door)
    world.unmask()
    assert metres(DOORS[door](world), world.targets[0].geometry.coords) < NEAR_M


# --- A spy with a stopwatch ---------------------------------------------------------------------------------------

CORNERS = [(east, north) for east in (0, 1) for north in (0, 1)]
OFF_THE_MIDDLE = CELL / 100


def quarter(corner: tuple[int, int]) -> Box:
    """A quarter of the first cell, but for the middle, where the mask is."""
    west, south = WEST + corner[0] * CELL / 2, SOUTH + corner[1] * CELL / 2
    east, north = west + CELL / 2, south + CELL / 2
    return (
        west + corner[0] * OFF_THE_MIDDLE, south + corner[1] * OFF_THE_MIDDLE,
        east - (1 - corner[0]) * OFF_THE_MIDDLE, north - (1 - corner[1]) * OFF_THE_MIDDLE,
    )  # fmt: skip


def slowest_quarter(world: World, rounds: int) -> tuple[int, int]:
    """Where questions take longest, as they would if PostgreSQL came by the asset there. Asked in turns, so that what
    else the machine does falls on all alike; of each the median."""
    took: dict[tuple[int, int], list[int]] = {corner: [] for corner in CORNERS}
    for _round in range(rounds):
        for corner in world.chance.sample(CORNERS, len(CORNERS)):
            box = ",".join(map(str, quarter(corner)))
            began = time.perf_counter_ns()
            found = world.spy.codes("assets/", bbox=box, code=SOUGHT)
            took[corner].append(time.perf_counter_ns() - began)
            assert not found
    return max(CORNERS, key=lambda corner: statistics.median(took[corner]))


def test_a_spy_with_a_stopwatch_names_the_quarter_of_the_cell_no_more_often_than_by_chance(told: Tell) -> None:
    world, trials, rounds = World("stopwatch"), times(short=12, long=20), times(short=5, long=2_500)
    named = 0
    for _trial in range(trials):
        place = world.targets[0].geometry.coords
        true = (int(place[0] > WEST + CELL / 2), int(place[1] > SOUTH + CELL / 2))
        named += slowest_quarter(world, rounds) == true
        world.move_about()
    # By chance one in four; so many or more by chance once in a hundred thousand.
    enough = next(n for n in range(trials + 1) if binomial_tail(trials, n) < 1e-5)
    told(f"quarters of a cell named by the time of {4 * rounds:,} questions, of {trials}", named, "", enough - 1)


def binomial_tail(trials: int, least: int) -> float:
    """How likely at least so many of the trials succeed, each by a chance of one in four."""
    return sum(math.comb(trials, n) * 0.25**n * 0.75 ** (trials - n) for n in range(least, trials + 1))
