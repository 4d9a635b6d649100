"""The smallest single changes that would meet a route demand: each found by asking the engine itself, on what the
run leaves.

Where a limit's least value follows from one search (the shortest route, the one of least loss), it
is asked for once; where the budget interferes, between it and the loosest by halving, since a looser limit never makes
a route dearer. Lines of the highest protection level stay out: nothing may be learnt about them.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil, floor
from typing import Any, Protocol

import numpy as np
from django.db.backends.postgresql.psycopg_any import DateRange

from registry.days import later
from registry.kinds import Kind
from registry.models import FiberType
from sharing.matching.arrays import Floats, Ints
from sharing.matching.best_path import ALL_LIMITS, SearchTooLarge
from sharing.matching.change_search import LATEST_DAYS, SPLIT_SIZE
from sharing.matching.explanation import Json, number
from sharing.matching.lines import straight_m
from sharing.matching.route_terms import RouteTerms
from sharing.matching.routing import Offer, Route, RouteSearch
from sharing.models import Demand

STEP = 1000
"""Steps a unit in which detour, loss and share are changed."""

MOST_TRIES = 200
"""Searches for the changes of one demand; what has not been found by then is not told."""

MOST_DAYS = 40
"""Later starts tried, the first ones."""

LOOSEST_DETOUR = 1000.0


class Router(Protocol):
    """The routes of a list being laid: what asking again with a changed demand comes to."""

    kind: str
    terms: RouteTerms

    def search_for(self, demand: Demand, terms: RouteTerms) -> RouteSearch: ...

    def offer_for(self, demand: Demand, less: Ints | None = None) -> Offer: ...

    def days_of_change(self, demand: Demand) -> list[int]: ...

    def fitting_mm(self) -> Floats: ...


@dataclass(frozen=True, slots=True)
class RouteChange:
    """size: relative to what was asked (a year for dates)."""

    size: float
    field: str
    was: Any
    to: Any
    route: Route
    cost: float
    unit: str = ""
    by: float | None = None

    def as_json(self) -> Json:
        change: Json = {"field": self.field, "from": self.was, "to": self.to, "cost_per_year": number(self.cost)}
        if self.by is not None:
            change |= {"by": number(self.by), "unit": self.unit}
        return {**change, "asset": None}


class _Exhausted(Exception):
    """No more searches for this demand."""


class RouteChanges:
    """Changes of one demand that has no route, or none within its budget."""

    def __init__(self, router: Router, demand: Demand) -> None:
        self.router, self.demand, self.tries = router, demand, MOST_TRIES

    def all(self) -> list[Json]:
        """The least change of each column that meets the demand, the smallest first."""
        found: list[RouteChange] = []
        finders: tuple[Callable[[], Iterator[RouteChange]], ...] = (
            self._budget, self._quantity, self._detour, self._attenuation, self._new_build, self._together,
            self._fitting, self._halves, self._later,
        )  # fmt: skip
        for find in finders:
            try:
                found.extend(find())
            except SearchTooLarge:
                continue
            except _Exhausted:
                break
        return [change.as_json() for change in sorted(found, key=lambda one: (one.size, one.cost))]

    # --- Asking ---------------------------------------------------------------------------------------------------

    def _changed(self, **columns: Any) -> Demand:
        changed = copy(self.demand)
        for name, value in columns.items():
            setattr(changed, name, value)
        return changed

    def _route(self, demand: Demand, terms: RouteTerms | None = None, less: Ints | None = None) -> Route | None:
        """The cheapest route for a demand, whatever its budget."""
        self.tries -= 1
        if self.tries < 0:
            raise _Exhausted
        offer = self.router.offer_for(demand, less)
        search = self.router.search_for(demand, terms or self.router.terms)
        return search.cheapest(offer.eligible & (offer.free >= demand.quantity))

    def _met(self, demand: Demand, terms: RouteTerms | None = None) -> Route | None:
        """The route that the engine would lay."""
        route = self._route(demand, terms)
        return None if route is None or over_budget(demand, route) else route

    # --- Numbers ------------------------------------------------------------------------------------------------

    def _budget(self) -> Iterator[RouteChange]:
        if self.demand.budget_per_year is None:
            return
        route = self._route(self.demand)
        if route is not None:
            was, to = float(self.demand.budget_per_year), cents(route) / 100
            yield self._number("budget_per_year", was, to, route, "a year")

    def _quantity(self) -> Iterator[RouteChange]:
        """Fewer units are never dearer, and never have fewer routes."""
        low, high, best = 0, self.demand.quantity, None
        while high - low > 1:
            middle = (low + high) // 2
            route = self._met(self._changed(quantity=middle))
            low, high, best = (middle, high, route) if route else (low, middle, best)
        if best:
            yield self._number("quantity", self.demand.quantity, low, best, "units")

    def _detour(self) -> Iterator[RouteChange]:
        straight = max(straight_m(self.demand), 1e-9)

        def detour(route: Route) -> float:
            return route.length_m / straight

        yield from self._loosened(
            "max_detour", self.demand.max_detour, LOOSEST_DETOUR, detour, RouteSearch.shortest, "",
            lambda value: (self._changed(max_detour=value), None),
        )  # fmt: skip

    def _attenuation(self) -> Iterator[RouteChange]:
        if self.demand.max_attenuation_db is not None:
            yield from self._loosened(
                "max_attenuation_db", self.demand.max_attenuation_db, np.inf, lambda route: route.loss_db,
                RouteSearch.least_loss, "dB", lambda value: (self._changed(max_attenuation_db=value), None),
            )  # fmt: skip

    def _new_build(self) -> Iterator[RouteChange]:
        """A term of the run, not of the demand: it can be tried in a what-if, and agreed with who builds."""
        # The route with the least new build is not the one with the least share of it: a longer one may have less.
        yield from self._loosened(
            "max_gap_share", self.router.terms.max_gap_share, 1.0, lambda route: route.gap_share, None, "",
            lambda value: (self.demand, replace(self.router.terms, max_gap_share=value)),
        )  # fmt: skip

    def _loosened(
        self, column: str, was: float, loosest: float, value_of: Callable[[Route], float],
        least: Callable[..., Route | None] | None, unit: str,
        asking: Callable[[float], tuple[Demand, RouteTerms | None]],
    ) -> Iterator[RouteChange]:  # fmt: skip
        """A limit's least value with which there is a route within the budget.

        least: finds the route of the least value, whatever its price; without it the search begins at what it `was`.
        """
        demand, terms = asking(loosest)
        loose = self._met(demand, terms)
        if loose is None:
            return
        low, high, best = floor(was * STEP), _up(value_of(loose)), loose
        if least is not None:
            offer = self.router.offer_for(demand)
            search = self.router.search_for(demand, terms or self.router.terms)
            lowest = least(search, offer.eligible & (offer.free >= demand.quantity), ALL_LIMITS)
            if lowest is None:
                return
            low = _up(value_of(lowest)) - 1
        if high <= was * STEP:
            return
        route = self._met(*asking((low + 1) / STEP))
        if route is not None:
            high, best = low + 1, route
        while high - low > 1:
            middle = (low + high) // 2
            route = self._met(*asking(middle / STEP))
            low, high, best = (low, middle, route) if route else (middle, high, best)
        route = self._met(*asking(high / STEP))
        if route is not None:
            yield self._number(column, was, high / STEP, route, unit)

    def _number(self, column: str, was: float, to: float, route: Route, unit: str) -> RouteChange:
        size = abs(to - was) / max(abs(was), 1e-9)
        return RouteChange(size, column, number(was), number(to), route, cents(route) / 100, unit, to - was)

    # --- What may be used -----------------------------------------------------------------------------------------

    def _together(self) -> Iterator[RouteChange]:
        """Without keeping off the twin's lines."""
        if self.demand.disjoint_from_id:
            yield from self._given_up("disjoint_from", self.demand.disjoint_from_id, None)

    def _fitting(self) -> Iterator[RouteChange]:
        """Another cable or fiber, or a less welcome neighbour."""
        if self.router.kind == Kind.FIBER:
            for other in FiberType.values if self.demand.fiber_type else ():
                if other != self.demand.fiber_type:
                    yield from self._given_up("fiber_type", self.demand.fiber_type, other)
            return
        if not self.demand.accepts_hazardous_co_use:
            yield from self._given_up("accepts_hazardous_co_use", False, True)
        asked = self.demand.cable_outer_diameter_mm
        if asked:
            fitting = np.unique(np.floor(self.router.fitting_mm() * STEP) / STEP)
            sizes = fitting[(fitting > 0) & (fitting < asked)].tolist()
            low, high, best = -1, len(sizes), None
            while high - low > 1:
                middle = (low + high) // 2
                route = self._met(self._changed(cable_outer_diameter_mm=sizes[middle]))
                low, high, best = (middle, high, route) if route else (low, middle, best)
            if best:
                yield self._number("cable_outer_diameter_mm", asked, sizes[low], best, "mm")

    def _given_up(self, column: str, was: Any, to: Any) -> Iterator[RouteChange]:
        """A wish that has no number: as large a change as to be split."""
        name = "disjoint_from_id" if column == "disjoint_from" else column
        route = self._met(self._changed(**{name: to}))
        if route:
            yield RouteChange(SPLIT_SIZE, column, was, to, route, cents(route) / 100)

    def _halves(self) -> Iterator[RouteChange]:
        """Two routes of half the quantity each, one after the other."""
        quantity = self.demand.quantity
        if quantity < 2:
            return
        larger, smaller = -(-quantity // 2), quantity // 2
        first = self._route(self._changed(quantity=larger))
        if first is None:
            return
        less = np.array(first.assets, dtype=np.int64)
        second = self._route(self._changed(quantity=smaller), less=np.repeat(less, larger))
        if second is not None:
            cost = (cents(first) + cents(second)) / 100
            if self.demand.budget_per_year is None or cost <= self.demand.budget_per_year:
                yield RouteChange(SPLIT_SIZE, "halves", quantity, [larger, smaller], first, cost)

    # --- Dates ------------------------------------------------------------------------------------------------------

    def _later(self) -> Iterator[RouteChange]:
        """The first later start, of those on which a line becomes free or available."""
        begin = self.demand.period.lower
        days = [day for day in self.router.days_of_change(self.demand) if day <= begin.toordinal() + LATEST_DAYS]
        for day in days[:MOST_DAYS]:
            start = date.fromordinal(day)
            moved = start - begin
            route = self._met(self._changed(period=DateRange(start, _moved(self.demand.period.upper, moved))))
            if route:
                yield RouteChange(
                    moved.days / 365, "period", begin.isoformat(), start.isoformat(), route, cents(route) / 100,
                    "days", moved.days,
                )  # fmt: skip
                return


def cents(route: Route) -> int:
    """What a route costs a year."""
    return round(route.cost_per_year * 100)


def over_budget(demand: Demand, route: Route) -> bool:
    return demand.budget_per_year is not None and cents(route) > demand.budget_per_year * 100


def _moved(day: date | None, by: timedelta) -> date | None:
    return None if day is None else later(day, by)


def _up(value: float) -> int:
    """In whole steps, enough of them."""
    return ceil(round(value * STEP, 6))
