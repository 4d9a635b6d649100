"""The cheapest route of a contender where the use of some lines has a price beyond their own (a toll): each answer is
an optimum of the exact search, within all limits and the budget."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sharing.matching.arrays import Ints
from sharing.matching.best_path import ALL_LIMITS, best_path
from sharing.matching.contention.contenders import BUILD, ENTRY, EXIT, SPAN, Bans, Column, Contender
from sharing.matching.landmarks import NO_GUIDE
from sharing.matching.search_graph import COST, TOLL, Ask, Found, Graph, Ids, Tolls

WITH_BUDGET = ALL_LIMITS._replace(spend=True)

TollByLine = Mapping[int, float]


class Priced(NamedTuple):
    """The least that a route costs with its tolls, infinite where there is none; or, where no route was found that
    costs less than what was asked for, that. column: the route, unless it is none or was not looked for."""

    least: float
    column: Column | None


class Pricing:
    """Searches for one contender; what a search has told already is not searched for again."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.searches = 0
        self._graphs: dict[Bans, tuple[Graph, Ask]] = {}
        self._known: dict[Bans, tuple[TollByLine, Priced]] = {}
        self._guide = NO_GUIDE

    def cheapest(self, tolls: TollByLine, bans: Bans, most: float) -> Priced:
        """What costs less than `most`, tolls and all. Raises SearchTooLarge."""
        known = self._known.get(bans)
        if known is not None and _still_true(known, tolls, most):
            return known[1]
        graph, ask = self._without(bans)
        column = self._found(graph, ask._replace(tolls=self._tolls(tolls)), most)
        priced = Priced(most, None) if column is None else Priced(column.cost + toll_of(column, tolls), column)
        self._known[bans] = dict(tolls), priced
        return priced

    def beside(self, tolls: TollByLine, shut: Collection[int]) -> Column | None:
        """The cheapest route without some lines."""
        network, usable = self.contender.network, self.contender.usable.copy()
        usable[[network.row_of[line] for line in shut]] = False
        return self._found(network.by_cost, self._ask._replace(usable=usable, tolls=self._tolls(tolls)), np.inf)

    def _found(self, graph: Graph, ask: Ask, most: float) -> Column | None:
        self.searches += 1
        if not self._guide.table.size:
            self._guide = self.contender.network.landmarks.guide(ask)
        found = best_path(self.contender.network, graph, ask, WITH_BUDGET, self._guide, most)
        return None if found is None else self._column(found)

    def _column(self, found: Found) -> Column:
        cost = float(found.sums[COST] - found.sums[TOLL])
        return Column.of(self.contender, found.nodes, found.vias[1:], cost)

    @cached_property
    def _ask(self) -> Ask:
        ask = self.contender.search.ask(self.contender.usable, ALL_LIMITS)
        # As much as is rounded to the budget: Contender.affords decides.
        return ask._replace(max_spend=self.contender.budget_cents / 100.0 + 0.005)

    def _tolls(self, tolls: TollByLine) -> Tolls:
        network = self.contender.network
        toll, bit = np.zeros(len(network.lines)), np.full(len(network.lines), -1, np.int32)
        rows = np.array([network.row_of[line] for line in tolls], dtype=np.int64)
        toll[rows] = list(tolls.values())
        # A route can leave and come back only to what has three spans.
        remembered = np.sort(rows[network.spans_of_asset[rows] > 2]).astype(np.int32)
        bit[remembered] = np.arange(remembered.size, dtype=np.int32)
        return Tolls(toll, bit, remembered)

    def _without(self, bans: Bans) -> tuple[Graph, Ask]:
        """Graph and demand without the steps that are banned."""
        graph, ask = self.contender.network.by_cost, self._ask
        if not bans:
            return graph, ask
        if bans not in self._graphs:
            shut = {sort: sorted(step for step in bans if step[1] == sort) for sort in (ENTRY, SPAN, BUILD, EXIT)}
            arcs = _left(graph.arc_first, graph.arc_head, graph.arc_span, shut[SPAN])
            gaps = _left(graph.gap_first, graph.gap_head, graph.gap_pair, shut[BUILD])
            entry = ~np.isin(ask.entry, [node for _, _, node in shut[ENTRY]])
            leave = ~np.isin(ask.exit, [node for _, _, node in shut[EXIT]])
            self._graphs[bans] = (
                graph._replace(
                    arc_first=arcs[0], arc_head=arcs[1], arc_span=arcs[2],
                    gap_first=gaps[0], gap_head=gaps[1], gap_pair=gaps[2],
                ),
                ask._replace(
                    entry=ask.entry[entry], entry_length=ask.entry_length[entry], entry_extra=ask.entry_extra[entry],
                    exit=ask.exit[leave], exit_length=ask.exit_length[leave], exit_extra=ask.exit_extra[leave],
                ),
            )  # fmt: skip
        return self._graphs[bans]


def toll_of(column: Column, tolls: TollByLine) -> float:
    return sum(toll for line, toll in tolls.items() if line in column.lines)


def _still_true(known: tuple[TollByLine, Priced], tolls: TollByLine, most: float) -> bool:
    """Where no toll is lower than it was, nothing has become cheaper; the route known is still the cheapest if it has
    not become dearer."""
    before, priced = known
    if any(tolls.get(line, 0.0) < toll for line, toll in before.items()):
        return False
    if priced.column is None:
        return most <= priced.least
    return priced.column.cost + toll_of(priced.column, tolls) <= priced.least


def _left(first: Ids, head: Ids, item: Ids, shut: list[tuple[int, int, int]]) -> tuple[Ids, Ids, Ids]:
    """Links without some, each given by its tail and its item."""
    rows: list[int] = []
    for tail, _, number in shut:
        here = np.arange(first[tail], first[tail + 1])
        rows += here[item[here] == number].tolist()
    gone: Ints = np.unique(np.array(rows, dtype=np.int64))
    fewer = first - np.searchsorted(gone, first).astype(np.int32)
    return fewer, np.delete(head, gone), np.delete(item, gone)
