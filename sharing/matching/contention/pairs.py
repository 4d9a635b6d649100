"""Two contenders whose routes must be disjoint: what of two routes breaks that, and how it can be kept apart."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from shapely import STRtree

from sharing.matching.apart import Apart, Disjoint, common_ends
from sharing.matching.arrays import Floats
from sharing.matching.contention.contenders import BUILD, SPAN, Bans, Column, Contender, either_way, steps_from
from sharing.matching.geodesy import geodesic_m
from sharing.matching.search_graph import GAP

Clash = tuple[Bans, Bans] | None
"""Steps of the one route and of the other, of which not both may be taken; None where the two are disjoint."""


class _Drawn(NamedTuple):
    shapes: np.ndarray[tuple[int], np.dtype[np.object_]]
    tree: STRtree


class Pair:
    """Contenders `one` and `other`, by number, which use no line in common; what else is asked, `clash` sees to."""

    def __init__(self, one: Contender, other: Contender, by: Disjoint, apart_m: float = 0.0) -> None:
        self.contenders = one, other
        self.one, self.other = one.number, other.number
        self.by, self.apart_m = by, apart_m
        self._clashes: dict[tuple[object, object], Clash] = {}
        self._drawn: dict[object, _Drawn] = {}

    def clash(self, one: Column, other: Column) -> Clash:
        key = one.key, other.key
        if key not in self._clashes:
            self._clashes[key] = self._same_step(one, other) or self._same_place(one, other) or self._near(one, other)
        return self._clashes[key]

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        one, other = (
            np.array([contender.search.demand.origin, contender.search.demand.destination])
            for contender in self.contenders
        )
        return one, other

    def _same_step(self, one: Column, other: Column) -> Clash:
        """A span or a gap that both use, the gaps from an end included that both have."""
        network = self.contenders[0].network
        kinds = {step[1:] for step in one.steps[1:-1]} & {step[1:] for step in other.steps[1:-1]}
        for sort, item in sorted(kinds):
            if sort in (SPAN, BUILD):
                both = either_way(network, (-1, sort, item))
                return both, both
        for own_end, own in zip(self._ends[0], (one.steps[0], one.steps[-1]), strict=True):
            for its_end, its in zip(self._ends[1], (other.steps[0], other.steps[-1]), strict=True):
                same = own[2] == its[2] and _metres(own_end, its_end) <= network.snap_m
                if same and _metres(own_end, network.node_lonlat[own[2]]) > network.snap_m:
                    return frozenset({own}), frozenset({its})
        return None

    def _same_place(self, one: Column, other: Column) -> Clash:
        """An access point that both pass, but for the ends that both have."""
        if self.by is not Disjoint.BY_NODE:
            return None
        network = self.contenders[0].network
        shared = np.intersect1d(one.nodes, other.nodes)
        for end in common_ends(*self._ends, network.snap_m):
            shared = shared[[_metres(end, network.node_lonlat[node]) > network.snap_m for node in shared]]
        if not shared.size:
            return None
        away = [frozenset(steps_from(contender, int(shared[0]))) for contender in self.contenders]
        return away[0], away[1]

    def _near(self, one: Column, other: Column) -> Clash:
        """A part of the one that is too near to a part of the other."""
        if self.by is not Disjoint.BY_DISTANCE:
            return None
        at, its = self._apart.clashes(self._draw(one, 0).shapes, self._draw(other, 1).tree)
        if not at.size:
            return None
        first = min(zip(at.tolist(), its.tolist(), strict=True))
        network = self.contenders[0].network
        return either_way(network, one.steps[first[0]]), either_way(network, other.steps[first[1]])

    @cached_property
    def _apart(self) -> Apart:
        return Apart.of(self.contenders[0].network, self.apart_m, *self._ends)

    def _draw(self, column: Column, which: int) -> _Drawn:
        if column.key not in self._drawn:
            ends, nodes = self._ends[which], self.contenders[0].network.node_lonlat[column.nodes]
            places = np.concatenate((ends[:1], nodes, ends[1:]))
            steps = np.concatenate(([GAP], column.spans, [GAP])).astype(np.int64)
            shapes = self._apart.drawn(steps, places[:-1], places[1:])
            self._drawn[column.key] = _Drawn(shapes, STRtree(shapes))
        return self._drawn[column.key]


def _metres(one: Floats, other: Floats) -> float:
    return float(geodesic_m(one[None], other[None])[0])
