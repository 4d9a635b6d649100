"""Where a new tower or room could stand: the finite dominating set of a covering problem in the plane (Church, 1984).

Whatever set of demands one site can serve, one of these can: a demand's own place, or a point where the circles about
two demands meet. Distances are geodesics on WGS 84.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from sharing.matching.arrays import Flags, Floats, Ints, group_starts, join_sorted, spans
from sharing.matching.cobuild.builds import SiteAsks
from sharing.matching.cobuild.costs import WITHIN_DAYS
from sharing.matching.geodesy import WGS84, ecef, geodesic_m

WITHIN_M = 0.001
"""Circles are drawn this much smaller than the radius, so that a site where two meet is within both."""

DOUBTFUL_M = 0.01
"""A chord this near the radius is measured anew as a geodesic."""

ROUNDS = 4
"""Of Newton's method: from the plane to a tenth of a micrometre on the ellipsoid."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Candidates with what they cover: entry e says that site[e] covers demand[e]. Sorted by site, then demand.

    Only those remain that cover demands of two and more, and more than any other alone covers.
    """

    lonlat: Floats
    site: Ints
    demand: Ints

    def __len__(self) -> int:
        return len(self.lonlat)


def neighbours(asks: SiteAsks) -> Ints:
    """Pairs (i < j, in order) of demands that one site could serve: circles meet, periods overlap, first days near."""
    if len(asks) < 2:
        return np.empty((0, 2), dtype=np.int64)
    place = ecef(asks.lonlat)
    reach = 2 * float(asks.radius_m.max())
    pairs = cKDTree(place).query_pairs(reach, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first, second = pairs.T
    met = geodesic_m(asks.lonlat[first], asks.lonlat[second]) <= asks.radius_m[first] + asks.radius_m[second]
    return np.asarray(pairs[met & in_time(asks.start, asks.end, first, second)])


def in_time(start: Ints, end: Ints, first: Ints, second: Ints) -> Flags:
    """Whether two demands run on a common day, and begin so close that one build can be made for both."""
    overlap = (start[first] < end[second]) & (start[second] < end[first])
    return np.asarray(overlap & (np.abs(start[first] - start[second]) <= WITHIN_DAYS))


def parts(asks: SiteAsks, pairs: Ints) -> list[Ints]:
    """The demands that hang together by pairs, as rows; those without a neighbour are in none."""
    joined = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(asks),) * 2)
    label = connected_components(joined, directed=False)[1].astype(np.int64)
    order = np.argsort(label, kind="stable")
    starts = group_starts(label[order])
    return [rows for rows in np.split(order, starts[1:]) if rows.size > 1]


def candidates(asks: SiteAsks, pairs: Ints) -> Sites:
    """The dominating set of the demands, reduced."""
    radius = asks.radius_m - WITHIN_M
    crossing, parent = _crossings(asks.lonlat, radius, pairs)
    lonlat = np.concatenate((asks.lonlat, crossing))
    parent = np.concatenate((np.arange(len(asks)), parent))
    graph = _adjacent(len(asks), pairs)
    site, demand = _covered(asks, lonlat, parent, graph)
    return _reduced(lonlat, *_in_time(asks, site, demand))


def _crossings(lonlat: Floats, radius: Floats, pairs: Ints) -> tuple[Floats, Ints]:
    """Both points where the circles of each pair meet, with the pair's first demand; none for a circle in another."""
    first, second = pairs.T
    azimuth, _, apart = (np.asarray(x) for x in WGS84.inv(*lonlat[first].T, *lonlat[second].T))
    r1, r2 = radius[first], radius[second]
    real = (apart < r1 + r2) & (apart > np.abs(r1 - r2)) & (apart > 0)
    first, second, azimuth, apart, r1, r2 = (x[real] for x in (first, second, azimuth, apart, r1, r2))
    angle = np.degrees(np.arccos(np.clip((apart**2 + r1**2 - r2**2) / (2 * apart * r1), -1.0, 1.0)))
    points = []
    for side in (-1.0, 1.0):
        points.append(_met(_onward(lonlat[first], azimuth + side * angle, r1), lonlat[first], lonlat[second], r1, r2))
    return np.concatenate(points), np.concatenate((first, first))


def _met(point: Floats, one: Floats, other: Floats, r1: Floats, r2: Floats) -> Floats:
    """Newton's method on two geodesic distances, from a point near by; the step is along the azimuths."""
    for _ in range(ROUNDS if len(point) else 0):
        (_, to1, d1), (_, to2, d2) = (WGS84.inv(*centre.T, *point.T) for centre in (one, other))
        # At the point, away from each centre: the direction in which its distance grows.
        a1, a2 = np.radians(np.asarray(to1) + 180.0), np.radians(np.asarray(to2) + 180.0)
        f1, f2 = r1 - d1, r2 - d2
        turn = np.sin(a1) * np.cos(a2) - np.cos(a1) * np.sin(a2)
        turn = np.where(np.abs(turn) < 1e-9, np.inf, turn)
        east = (f1 * np.cos(a2) - f2 * np.cos(a1)) / turn
        north = (f2 * np.sin(a1) - f1 * np.sin(a2)) / turn
        point = _onward(point, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
    return point


def _onward(point: Floats, azimuth: Floats, metres: Floats) -> Floats:
    lon, lat, _ = WGS84.fwd(point[:, 0], point[:, 1], azimuth, metres)
    return np.column_stack((lon, lat))


def _adjacent(count: int, pairs: Ints) -> csr_array:
    """Neighbours of each demand, itself included."""
    own = np.arange(count)
    row = np.concatenate((pairs[:, 0], pairs[:, 1], own))
    column = np.concatenate((pairs[:, 1], pairs[:, 0], own))
    graph = coo_array((np.ones(row.size, dtype=np.int8), (row, column)), shape=(count, count)).tocsr()
    graph.sort_indices()
    return graph


def _covered(asks: SiteAsks, lonlat: Floats, parent: Ints, graph: csr_array) -> tuple[Ints, Ints]:
    """Which of its parent's neighbours each candidate is near enough to."""
    indptr, indices = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    count = np.diff(indptr)[parent]
    site = np.repeat(np.arange(len(lonlat), dtype=np.int64), count)
    demand = indices[spans(indptr[parent], count)]
    place, centre = ecef(lonlat), ecef(asks.lonlat)
    chord = np.sqrt(((place[site] - centre[demand]) ** 2).sum(axis=1))
    # The arc over a chord, on a sphere of the least curvature radius; true to far less than what is doubtful.
    over = chord + chord**3 / (24 * 6.3e6**2) - asks.radius_m[demand]
    near = over <= 0
    doubtful = np.flatnonzero(np.abs(over) < DOUBTFUL_M)
    exact = geodesic_m(lonlat[site[doubtful]], asks.lonlat[demand[doubtful]])
    near[doubtful] = exact <= asks.radius_m[demand[doubtful]]
    return site[near], demand[near]


def _in_time(asks: SiteAsks, site: Ints, demand: Ints) -> tuple[Ints, Ints, Ints]:
    """Each site once for every first day of a demand there, with the demands that run on that day and began within
    WITHIN_DAYS before: (its place in the list of sites, then entries numbered anew).

    Demands that overlap two by two have a day in common, the last of their first days, as intervals of a line do.
    """
    day = asks.start[demand]
    width = int(day.max(initial=0)) + 1
    keys = np.unique(site * width + day)
    place, day = keys // width, keys % width
    new, entry = join_sorted(place, site)
    start, end = asks.start[demand[entry]], asks.end[demand[entry]]
    runs = (start <= day[new]) & (day[new] < end) & (day[new] - start <= WITHIN_DAYS)
    return place, new[runs], demand[entry[runs]]


def _reduced(lonlat: Floats, place: Ints, site: Ints, demand: Ints) -> Sites:
    """Without sites for one demand only, and those whose demands another covers too (the first of equals stays)."""
    order = np.lexsort((demand, site))
    site, demand = site[order], demand[order]
    kept = _distinct(site, demand, np.bincount(site, minlength=place.size))
    site, demand = _only(kept, site, demand)
    place = place[kept]
    kept = _maximal(site, demand, place.size)
    site, demand = _only(kept, site, demand)
    return Sites(lonlat[place[kept]], site, demand)


def _only(kept: Flags, site: Ints, demand: Ints) -> tuple[Ints, Ints]:
    entries = kept[site]
    return (np.cumsum(kept) - 1)[site[entries]], demand[entries]


def _distinct(site: Ints, demand: Ints, size: Ints) -> Flags:
    """Sites of two demands and more, the first of those that cover the same."""
    marks = np.random.default_rng(165).integers(0, 2**63, (int(demand.max(initial=0)) + 1, 2), dtype=np.uint64)
    sums = np.zeros((size.size, 2), dtype=np.uint64)
    np.add.at(sums, site, marks[demand])
    first = np.zeros(size.size, dtype=np.bool_)
    first[np.unique(sums, axis=0, return_index=True)[1]] = True
    return first & (size > 1)


def _maximal(site: Ints, demand: Ints, sites: int) -> Flags:
    """Sites whose demands no other covers all of. Compared are only those that cover its rarest demand."""
    size = np.bincount(site, minlength=sites)
    rarity = np.bincount(demand)
    order = np.lexsort((rarity[demand], site))
    rarest = demand[order][group_starts(site[order])] if site.size else demand
    by_demand = np.lexsort((-size[site], demand))
    kept = np.ones(sites, dtype=np.bool_)
    one, entry = join_sorted(rarest, demand[by_demand])
    other = site[by_demand][entry]
    larger = size[other] > size[one]
    one, other = one[larger], other[larger]
    starts = np.searchsorted(site, np.arange(sites))
    width = int(demand.max(initial=0)) + 1
    entries = site * width + demand
    for some in np.array_split(np.arange(one.size), max(one.size // CHUNK, 1)):
        count = size[one[some]]
        wanted = np.repeat(other[some], count) * width + demand[spans(starts[one[some]], count)]
        place = np.minimum(np.searchsorted(entries, wanted), entries.size - 1)
        within = np.bincount(np.repeat(np.arange(some.size), count), entries[place] == wanted, some.size) == count
        kept[one[some][within]] = False
    return kept


CHUNK = 1 << 18
"""Pairs of sites compared at a time, to bound the memory."""
