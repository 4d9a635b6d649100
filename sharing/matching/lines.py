"""Step one for routes: the ducts or fibers that any route demand of a list might use, the terrain about them, and the
demands themselves.

A route no longer than its greatest detour stays inside an ellipse about its ends; every line that meets the box
about one of these ellipses is read, with its facts and its rows of the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from django.db import connection
from django.db.models import Exists, OuterRef

from registry.kinds import Kind
from registry.models import Organization
from sharing.matching.arrays import FOREVER, Floats
from sharing.matching.candidates import facts_of, holdings_of
from sharing.matching.facts import AssetFacts
from sharing.matching.geodesy import geodesic_m
from sharing.matching.ledger import Holdings
from sharing.matching.line_arrays import SNAP_M, Lines
from sharing.matching.places import boxes
from sharing.matching.route_terms import RouteTerms
from sharing.matching.terrain import CLASSES, Ground, Terrain
from sharing.models import LIVE, Demand, Match

BESIDE_DEGREES = 0.001
"""More than SNAP_M at any latitude where anybody builds."""

VERTICES = 128
"""Of a piece of terrain at most: a river of a thousand bends is cut, so that a gap is held against few of them."""


@dataclass(frozen=True, slots=True)
class LineFacts:
    """Lines of one kind with their facts; rows of `assets`, `lonlat` (one array a line) and `key` agree. rooms: where
    equipment rooms stand on a line, shape (n, 2)."""

    assets: AssetFacts
    key: list[str]
    lonlat: list[Floats]
    exact: list[bool]
    rooms: Floats

    def as_lines(self, loss_db: Floats, length_m: Floats) -> Lines:
        """As the network wants them; `loss_db` and `length_m` of each whole line."""
        return Lines(
            asset=np.arange(len(self.assets), dtype=np.int64),
            key=np.array(self.key, dtype=np.str_),
            owner=self.assets.owner,
            price_per_year=self.assets.price / 100.0,
            loss_db=loss_db,
            length_m=length_m,
            exact=np.array(self.exact, dtype=np.bool_),
            lonlat=np.concatenate(self.lonlat),
            first=np.cumsum([0, *(len(line) for line in self.lonlat)]).astype(np.int64),
        )


def open_routes(list_id: int, kind: str) -> list[Demand]:
    """Route demands of the list for `kind` that are not over and no match holds units for yet: by priority, then
    line."""
    taken = Match.objects.filter(demand=OuterRef("pk"), status__in=LIVE)
    open_ones = Demand.objects.not_over().filter(~Exists(taken), list=list_id, kind=kind)
    return list(open_ones.order_by("priority", "line"))


def days(demand: Demand) -> tuple[int, int]:
    """The period as ordinal days, half-open."""
    return demand.period.lower.toordinal(), demand.period.upper.toordinal() if demand.period.upper else FOREVER


def straight_m(demand: Demand) -> float:
    """The geodesic distance between the ends."""
    return float(geodesic_m(ends_of(demand)[:1], ends_of(demand)[1:])[0])


def ends_of(demand: Demand) -> Floats:
    """Longitude and latitude of A and of B, shape (2, 2)."""
    assert demand.origin is not None and demand.destination is not None
    return np.array([demand.origin.coords, demand.destination.coords], dtype=np.float64)


def zone(demand: Demand) -> tuple[float, float, float]:
    """Longitude, latitude and radius in metres of a circle that holds every route within the greatest detour."""
    middle = ends_of(demand).mean(axis=0)
    half = geodesic_m(np.vstack((middle, middle)), ends_of(demand)).max()
    return float(middle[0]), float(middle[1]), float(half + straight_m(demand) * demand.max_detour / 2)


def line_facts(
    demands: Sequence[Demand], kind: str, party: Organization, *, core: bool = True
) -> tuple[LineFacts, Holdings]:
    """Everything the demands' routes might use, but for the party's own. core: whether lines of the highest protection
    level count."""
    lon, lat, radius_m = np.array([zone(demand) for demand in demands], dtype=np.float64).T
    _, box = boxes(lon, lat, radius_m)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT asset.id
            FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS asked (west, south, east, north)
            JOIN registry_asset AS asset
                ON asset.masked_geometry && ST_MakeEnvelope(west, south, east, north, 4326)
            WHERE asset.kind = %s AND asset.owner_id <> %s AND (%s OR asset.protection <> 'core')
            """,
            [*(column.tolist() for column in box.T), kind, party.pk, core],
        )
        ids = np.array(sorted(row[0] for row in cursor.fetchall()), dtype=np.int64)
    assets = facts_of(ids, kind, party.sector)
    return _with_places(assets, _rooms(box, kind)), holdings_of(assets, min(days(demand)[0] for demand in demands))


def _rooms(box: Floats, kind: str) -> Floats:
    """Where equipment rooms stand on lines of the kind, in any of some boxes: a line is entered there too. Of rooms
    and lines that are open only, since where others are is nobody's to know."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ST_X(room.geometry), ST_Y(room.geometry)
            FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS asked (west, south, east, north)
            JOIN registry_asset AS room
                ON room.masked_geometry && ST_MakeEnvelope(west, south, east, north, 4326)
            WHERE room.kind = %s AND room.protection = 'open' AND EXISTS (
                SELECT FROM registry_asset AS line
                WHERE line.masked_geometry && ST_Expand(room.geometry, %s) AND line.kind = %s
                    AND line.protection = 'open' AND ST_DWithin(line.geometry::geography, room.geometry::geography, %s)
            )
            """,
            [*(column.tolist() for column in box.T), Kind.EQUIPMENT_ROOM.value, BESIDE_DEGREES, kind, SNAP_M],
        )
        return np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 2)


def _with_places(assets: AssetFacts, rooms: Floats) -> LineFacts:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asset.id, owner.code, asset.code, ST_AsBinary(asset.masked_geometry), asset.protection = 'open'
            FROM registry_asset AS asset JOIN registry_organization AS owner ON owner.id = asset.owner_id
            WHERE asset.id = ANY (%s)
            """,
            [assets.id.tolist()],
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = [found[asset] for asset in assets.id.tolist()]
    return LineFacts(
        assets=assets,
        key=[f"{owner}\t{code}" for owner, code, _, _ in rows],
        lonlat=[shapely.get_coordinates(shapely.from_wkb(bytes(place))) for _, _, place, _ in rows],
        exact=[exact for *_, exact in rows],
        rooms=rooms,
    )


def ground_of(facts: LineFacts, demands: Sequence[Demand], terms: RouteTerms) -> Ground | None:
    """What new build between the lines and the demands' ends costs where; None where no terrain is known there."""
    places = np.concatenate([*facts.lonlat, *(ends_of(demand) for demand in demands)])
    return ground_in(np.concatenate((places.min(axis=0), places.max(axis=0)))[None], terms)


def ground_in(box: Floats, terms: RouteTerms) -> Ground | None:
    """What new build in any of some boxes (rows of west, south, east, north) costs where; None where no terrain is
    known there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT area.terrain_class, ST_AsBinary(piece)
            FROM registry_terrainarea AS area CROSS JOIN ST_Subdivide(area.geometry, %s) AS piece
            WHERE piece && ST_MakeEnvelope(%s, %s, %s, %s, 4326) AND area.id IN (
                SELECT area.id
                FROM unnest(%s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS asked (west, south, east, north)
                JOIN registry_terrainarea AS area ON area.geometry && ST_MakeEnvelope(west, south, east, north, 4326)
            )
            """,
            [VERTICES, *box[:, :2].min(axis=0).tolist(), *box[:, 2:].max(axis=0).tolist(), *box.T.tolist()],
        )
        found = cursor.fetchall()
    if not found:
        return None
    kinds = np.array([CLASSES.index(name) for name, _ in found], dtype=np.int64)
    terrain = Terrain(shapely.from_wkb([bytes(piece) for _, piece in found]), kinds)
    return Ground.of(terrain, terms.gap_cost_per_m, terms.terrain_cost_per_m)


def losses_db(assets: AssetFacts, kind: str, wavelength_nm: int, length_m: Floats) -> Floats:
    """Attenuation of each whole cable at a wavelength, splices and connectors included; 0 for ducts."""
    if kind != Kind.FIBER:
        return np.zeros(len(assets))
    details = assets.details
    along = details[f"attenuation_{wavelength_nm}_db_km"] * length_m / 1000.0
    points = details["splices"] * details["splice_loss_db"] + details["connectors"] * details["connector_loss_db"]
    return np.nan_to_num(along + points)


def drawn_m(facts: LineFacts) -> Floats:
    """Of each line along its place: none of it is farther from any other part."""
    return np.array([geodesic_m(line[:-1], line[1:]).sum() for line in facts.lonlat])


def lengths_m(facts: LineFacts, kind: str) -> Floats:
    """Of each line: of a fiber, the optical length its owner declares, or the straight line between its ends where
    that is longer; else along its place. What is declared of a masked one would tell where it is."""
    along = drawn_m(facts)
    if kind != Kind.FIBER:
        return along
    details = facts.assets.details
    declared = np.where(np.isnan(details["cable_length_m"]), details["route_length_m"], details["cable_length_m"])
    straight = geodesic_m(*(np.array([line[end] for line in facts.lonlat]) for end in (0, -1)))
    known = np.array(facts.exact, dtype=np.bool_) & ~np.isnan(declared)
    return np.where(known, np.maximum(declared, straight), along)
