"""Unit numbers for a solution, and what to forbid where there are none."""

import itertools
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints, group_starts
from sharing.matching.assignment.alone import lay_out_alone
from sharing.matching.assignment.model import Model, Rows
from sharing.matching.assignment.packing import Busy, Packing, Range, Request, pack, smallest_conflict
from sharing.matching.assignment.problem import Problem


@dataclass(frozen=True, slots=True)
class Cut:
    """Of these options, no more than `limit` (of v in all) can stand together on their asset."""

    options: list[int]
    limit: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Unit ranges by option in use. What `cuts` speak of is already taken out of `used`."""

    used: Ints
    numbers: dict[int, list[Range]]
    cuts: list[Cut]
    proven: bool  # whether the cuts leave every assignment that can be held

    def cuts_as_rows(self, problem: Problem) -> Rows:
        sizes = [len(cut.options) for cut in self.cuts]
        option = np.array([option for cut in self.cuts for option in cut.options], dtype=np.int64)
        return Rows(
            row=np.repeat(np.arange(len(sizes)), sizes),
            option=option,
            coefficient=np.ones_like(option),
            limit=np.array([cut.limit for cut in self.cuts], dtype=np.int64),
        )


def lay_out(problem: Problem, model: Model, used: Ints) -> Layout:
    """Number the units of every option in use, asset by asset."""
    used = used.copy()
    numbers: dict[int, list[Range]] = {}
    cuts: list[Cut] = []
    proven = True
    options = np.flatnonzero(used)
    options = options[np.argsort(problem.asset[options], kind="stable")]
    numbers.update(_alone(problem, options, used))
    options = options[~np.isin(options, list(numbers))]
    bounds = np.append(group_starts(problem.asset[options]), options.size).tolist()
    for begin, end in itertools.pairwise(bounds):
        here = options[begin:end].tolist()
        shop = _Shop(problem, int(problem.asset[here[0]]))
        requests = [shop.request(option, int(used[option])) for option in here]
        packing = shop.pack(requests)
        while packing.ranges is None:
            cut, certain = shop.cut(model, here, requests, used, certain=packing.proven)
            cuts.append(cut)
            proven &= certain
            here, requests = _without_last(problem, cut.options, here, requests)
            packing = shop.pack(requests)
        numbers.update(zip(here, packing.ranges, strict=True))
    kept = np.zeros(used.size, dtype=np.bool_)
    kept[list(numbers)] = True
    lost = np.unique(problem.demand[(used > 0) & ~kept])
    used[np.isin(problem.demand, lost)] = 0
    return Layout(used, numbers, cuts, proven)


def _alone(problem: Problem, options: Ints, used: Ints) -> dict[int, list[Range]]:
    asset, demand = problem.asset[options], problem.demand[options]
    alone = np.bincount(asset, minlength=problem.capacity.size)[asset] == 1
    options, demand = options[alone & ~problem.contiguous[asset]], demand[alone & ~problem.contiguous[asset]]
    split = problem.splittable[demand] & (problem.quantity[demand] > 1)
    return lay_out_alone(problem, options, np.where(split, used[options], problem.quantity[demand]))


class _Shop:
    """One asset, with what is held on it."""

    def __init__(self, problem: Problem, asset: int) -> None:
        self.problem = problem
        held = problem.holdings
        first, last = np.searchsorted(held.asset, (asset, asset + 1))
        rows = (held.lower, held.upper, held.start, held.end)
        self.busy = [Busy(*row) for row in zip(*(column[first:last].tolist() for column in rows), strict=True)]
        self.capacity = int(problem.capacity[asset])
        self.contiguous = bool(problem.contiguous[asset])
        self.asset = asset

    def request(self, option: int, amount: int) -> Request:
        problem, demand = self.problem, int(self.problem.demand[option])
        split = bool(problem.splittable[demand])
        units = amount if split and problem.quantity[demand] > 1 else int(problem.quantity[demand])
        return Request(units, int(problem.start[demand]), int(problem.end[demand]))

    def pack(self, requests: list[Request]) -> Packing:
        return pack(self.capacity, self.busy, requests, contiguous=self.contiguous)

    def cut(
        self, model: Model, options: list[int], requests: list[Request], used: Ints, *, certain: bool
    ) -> tuple[Cut, bool]:
        """What to forbid. Certain where every leg in conflict is served whole: then any such set conflicts."""
        conflict = smallest_conflict(self.capacity, self.busy, requests, contiguous=self.contiguous)
        chosen = [options[i] for i in conflict]
        whole = all(int(model.need[self.problem.demand[option]]) == 1 for option in chosen)
        if whole and certain:
            return Cut(sorted({*chosen, *self._harder(model, [requests[i] for i in conflict])}), len(chosen) - 1), True
        return Cut(chosen, int(used[chosen].sum()) - 1), False

    def _harder(self, model: Model, conflict: list[Request]) -> list[int]:
        """Options at least as hard to place as each of the conflict: they conflict in any one's stead."""
        problem = self.problem
        options = np.flatnonzero(problem.asset == self.asset)
        demand = problem.demand[options]
        harder = (
            (model.need[demand] == 1)
            & (problem.quantity[demand] >= max(request.units for request in conflict))
            & (problem.start[demand] <= min(request.start for request in conflict))
            & (problem.end[demand] >= max(request.end for request in conflict))
        )
        return [int(option) for option in options[harder]]


def _without_last(
    problem: Problem, conflict: list[int], options: list[int], requests: list[Request]
) -> tuple[list[int], list[Request]]:
    """Give up the leg of the last priority in the conflict (the last of these in the canonical order)."""
    present = [option for option in conflict if option in set(options)]
    last = max(present, key=lambda option: (int(problem.priority[problem.demand[option]]), option))
    kept = [i for i, option in enumerate(options) if option != last]
    return [options[i] for i in kept], [requests[i] for i in kept]
