"""Which sites to build, and for whom: every demand by a site of its own or by one it shares, at the least cost.

A site costs a fixed sum and the highest height asked; units and loads add up wherever they are. So of what a site
could serve only the beginnings of the list in order of height matter, and the question is a weighted set cover, each
beginning a column. HiGHS solves it neighbourhood by neighbourhood, with a proven bound.
"""

from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Floats, Ints
from sharing.matching.cobuild import programme
from sharing.matching.cobuild.builds import Build, Chosen, SiteAsks
from sharing.matching.cobuild.costs import CENTS, SiteTerms
from sharing.matching.cobuild.shares import Shares, airport, in_cents
from sharing.matching.cobuild.sites import Sites, candidates, neighbours, parts

LARGE = 2_000
"""Columns of a neighbourhood from which on a solution within GAP of its bound is accepted."""

GAP = 0.001


def choose_sites(asks: SiteAsks, terms: SiteTerms) -> Chosen:
    """The builds that are worth while among all demands. Deterministic, whatever the order of rows but for ids."""
    fixed = round(terms.fixed * CENTS)
    alone = fixed + asks.height_cost + asks.own_cost
    chosen = Chosen(demands=len(asks), separate=int(alone.sum()), value=int(alone.sum()), bound=int(alone.sum()))
    pairs = neighbours(asks)
    for rows in parts(asks, pairs):
        part = asks.take(rows)
        sites = candidates(part, neighbours(part))
        cover = _cover(part, sites, fixed)
        builds = _split(part, cover.site, terms.max_units)
        own = int(part.own_cost.sum())
        value = own + sum(fixed + int(part.height_cost[build].max()) for _, build in builds)
        chosen.neighbourhoods += 1
        chosen.value += value - int(alone[rows].sum())
        chosen.bound += cover.bound + own - int(alone[rows].sum())
        gap = (value - cover.bound - own) / value
        chosen.builds += [
            _build(part, rows, build, sites.lonlat[[site]], fixed, gap)
            for site, build in builds
            if np.unique(part.party[build]).size > 1
        ]
    return chosen


@dataclass(frozen=True, slots=True)
class _Cover:
    """site: of each demand, -1 where it builds alone. bound: of fixed sums and heights, in cents a year."""

    site: Ints
    bound: int


def _cover(asks: SiteAsks, sites: Sites, fixed: int) -> _Cover:
    """Columns: each demand alone; then entry e, which stands for site[e] serving all it covers up to that height."""
    size = np.bincount(sites.site, minlength=1)
    if size.max() == len(asks):
        # One site for all of them: any other choice costs its fixed sum and its height, and more.
        return _Cover(np.full(len(asks), size.argmax()), fixed + int(asks.height_cost.max()))
    order = np.lexsort((asks.height_cost[sites.demand], sites.site))
    site, demand = sites.site[order], sites.demand[order]
    height = asks.height_cost[demand]
    # Of equal heights at a site the last has all of them.
    last = np.ones(site.size, dtype=np.bool_)
    last[:-1] = (site[1:] != site[:-1]) | (height[1:] != height[:-1])
    first = np.searchsorted(site, site)
    count = np.where(last, np.arange(site.size) - first + 1, 0)
    useful = count > 1
    head, count, site_of = first[useful], count[useful], site[useful]
    column = np.repeat(np.arange(count.size), count) + len(asks)
    covered = demand[np.arange(int(count.sum())) + np.repeat(head - (np.cumsum(count) - count), count)]
    cost = np.concatenate((fixed + asks.height_cost, fixed + height[useful])).astype(np.float64)
    rows = programme.Rows()
    own = np.arange(len(asks))
    rows.add(
        np.concatenate((own, covered)), np.concatenate((own, column)), np.ones(own.size + covered.size),
        np.ones(own.size), np.full(own.size, np.inf),
    )  # fmt: skip
    whole, upper = np.ones(cost.size, dtype=np.bool_), np.ones(cost.size)
    found = programme.solve(cost, rows, whole=whole, upper=upper, gap=GAP if cost.size > LARGE else 0.0)
    chosen = np.full(len(asks), -1, dtype=np.int64)
    if found.x is not None:
        used = np.flatnonzero(found.x[len(asks) :] > 0.5)
        # Where several cover a demand it goes to the one that covers most.
        for taken in used[np.lexsort((used, -count[used]))].tolist():
            reached = covered[column == taken + len(asks)]
            free = reached[chosen[reached] < 0]
            chosen[free] = site_of[taken]
    return _Cover(chosen, int(np.ceil(found.bound - ROUNDING)))


ROUNDING = 0.01
"""Slack taken off a bound that the solver states as a float, before it is rounded up to a whole cent."""


def _split(asks: SiteAsks, site: Ints, most_units: int) -> list[tuple[int, Ints]]:
    """(site, demands) of each build. What is too much for one is several, filled by height, the highest first."""
    builds: list[tuple[int, Ints]] = []
    for one in np.unique(site).tolist():
        rows = np.flatnonzero(site == one)
        if one < 0:
            builds += [(-1, rows[[i]]) for i in range(rows.size)]
            continue
        bins: list[list[int]] = []
        for row in rows[np.lexsort((rows, -asks.height_cost[rows]))].tolist():
            fits = (held for held in bins if int(asks.units[[*held, row]].sum()) <= most_units)
            found = next(fits, None)
            if found is None:
                bins.append([row])
            else:
                found.append(row)
        builds += [(one, np.array(sorted(held), dtype=np.int64)) for held in bins]
    return builds


def _build(asks: SiteAsks, rows: Ints, demands: Ints, place: Floats, fixed: int, gap: float) -> Build:
    taken = asks.take(demands)
    parties, alone, shares = share_site(taken, fixed)
    cost = fixed + int(taken.height_cost.max()) + int(taken.own_cost.sum())
    return Build(rows[demands], (place,), cost, parties, alone, shares, gap)


def share_site(asks: SiteAsks, fixed: int) -> tuple[Ints, Ints, Shares]:
    """(parties, what each would pay for its demands alone, shares), by party in the order of ids.

    The fixed sum and the height are shared as an airport's runway is; each pays for its own units and loads.
    """
    parties, of = np.unique(asks.party, return_inverse=True)
    height = np.zeros(parties.size, dtype=np.int64)
    np.maximum.at(height, of, asks.height_cost)
    own = np.bincount(of, asks.own_cost, parties.size).astype(np.int64)
    runway = airport((fixed + height).tolist())
    return parties, fixed + height + own, in_cents([a + int(b) for a, b in zip(runway, own, strict=True)])
