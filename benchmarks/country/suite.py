"""The engine in a country of 1,200,000 assets: what each step of matching takes there, beside the plain work below it.

Seconds are those on the processor, of this process and of its server process: what the work takes where nothing else
runs. Every reference runs beside it, on the same rows.
"""

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
from django.db import connection, transaction
from scipy.spatial import cKDTree

from benchmarks.country import raw
from benchmarks.country.catalogue import COUNTRY, fill
from benchmarks.country.lists import demand_list
from benchmarks.figures import figure
from benchmarks.processor import busy_ms, peak_mib
from registry import capacity
from registry.models import Purpose
from sharing.matching import engine, snapshot
from sharing.matching.arrays import Floats, Ints
from sharing.matching.candidates import near, neighbourhood
from sharing.matching.demands import open_demands
from sharing.models import DemandList, MatchRun

SHORT, LONG = 1_000, 100_000
GRANTS = 100_000
TOWER = "tower"


def country() -> list[dict[str, Any]]:
    """Candidates, the ledger, whole runs saved, and a great grant."""
    fill(COUNTRY)
    short, long = demand_list(SHORT), demand_list(LONG)
    return [*_short_lists(short), *_long_lists(long), *_granting()]


def _short_lists(asked: DemandList) -> list[dict[str, Any]]:
    demands = open_demands(asked.pk, TOWER)
    near(demands, TOWER, asked.party, 1.0)
    pairs, seconds = _least(lambda: near(demands, TOWER, asked.party, 1.0))
    found, reference = _least(lambda: raw.box_join(demands, asked.party))
    _same(pairs, found)
    hood, with_units = _least(lambda: neighbourhood(demands, kind=TOWER, party=asked.party))
    units, plain = _least(lambda: raw.free_units(hood))
    _same_units(hood.pairs.freedom.units, units)
    engine.run(MatchRun.objects.create(list=asked).pk)
    _, whole = _least(lambda: engine.run(MatchRun.objects.create(list=asked).pk))
    name = f"{SHORT:,} demands"
    return [
        figure(
            f"candidate pairs, {name}", seconds, "s", 0.08, reference, seconds <= 0.08 and seconds <= 1.5 * reference
        ),
        figure(f"pairs with free units, {name}", with_units, "s", 0.2, plain, with_units <= 0.2),
        figure(f"whole run saved and explained, {name}", whole, "s", 1.0, None, whole <= 1.0),
    ]


def _long_lists(asked: DemandList) -> list[dict[str, Any]]:
    figures, stages = _long_pairs(asked)
    run = MatchRun.objects.create(list=asked)
    with peak_mib() as peak:
        _, whole = _once(lambda: engine.run(run.pk))
        held = peak()
    stages += _once(raw.copy_back(run))[1]
    name = f"whole run saved, {LONG:,} demands"
    return [
        *figures,
        figure(name, whole, "s", 10.0, stages, whole <= 10.0 and whole <= 1.6 * stages),
        figure(f"{name}, peak memory", held, "MiB", 2048, None, held <= 2048),
    ]


def _long_pairs(asked: DemandList) -> tuple[list[dict[str, Any]], float]:
    """And the seconds of the plain stages of a whole run, but for writing it down."""
    demands = open_demands(asked.pk, TOWER)
    snapshot.forget()
    _, cold = _once(lambda: near(demands, TOWER, asked.party, 1.0))
    pairs, warm = _least(lambda: near(demands, TOWER, asked.party, 1.0))
    fetched, fetching = _once(lambda: raw.places(asked.party))
    tree, building = _once(lambda: cKDTree(fetched.xyz))
    found, asking = _least(lambda: raw.in_tree(tree, fetched, demands), rounds=2)
    _same(pairs, found)
    hood, with_units = _once(lambda: neighbourhood(demands, kind=TOWER, party=asked.party))
    units, plain = _once(lambda: raw.free_units(hood))
    _same_units(hood.pairs.freedom.units, units)
    name = f"{LONG:,} demands"
    figures = [
        figure(f"pairs of {name}", len(found[0]), "pairs", None, None, None),
        figure(f"candidate pairs, {name}, cold", cold, "s", 2.5, fetching + building + asking, cold <= 2.5),
        figure(f"candidate pairs, {name}, warm", warm, "s", 0.6, asking, warm <= 0.6),
        figure(f"pairs with free units, {name}", with_units, "s", 5.0, plain, with_units <= 5.0),
    ]
    return figures, building + asking + sum(_once(stage)[1] for stage in raw.stages(demands, hood))


def _granting() -> list[dict[str, Any]]:
    """One unit each of so many towers, all in one transaction that is undone."""
    claims = raw.claims(GRANTS)
    # What the runs before left in memory is not looked through again and again meanwhile.
    gc.collect()
    gc.freeze()

    def ours() -> None:
        with transaction.atomic():
            capacity.allocate(claims, purpose=Purpose.GRANTED)
            _settle()
            transaction.set_rollback(True)

    def theirs() -> None:
        with transaction.atomic():
            raw.copy_claims(claims)
            _settle()
            transaction.set_rollback(True)

    seconds, reference = _once(ours)[1], _once(theirs)[1]
    return [
        figure(
            f"granting {GRANTS:,} allocations", seconds, "s", 8.0, reference,
            seconds <= 8.0 and seconds <= 1.5 * reference,
        )
    ]  # fmt: skip


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _once(work: Callable[[], Any]) -> tuple[Any, float]:
    began = busy_ms()
    result = work()
    return result, (busy_ms() - began) / 1000


def _least(work: Callable[[], Any], rounds: int = 5) -> tuple[Any, float]:
    """Of several rounds the least: what others on the machine do only ever adds."""
    results = [_once(work) for _ in range(rounds)]
    return min(results, key=lambda one: one[1])


def _same(ours: tuple[Ints, Ints, Floats], theirs: raw.PairSet) -> None:
    """Raises where one has pairs that the other has not."""
    rows = [np.column_stack(one[:2])[np.lexsort(one[1::-1])] for one in (ours, theirs)]
    if not np.array_equal(*rows):
        raise RuntimeError(f"{len(rows[0])} pairs beside {len(rows[1])}")


def _same_units(ours: Ints, theirs: Ints) -> None:
    if not np.array_equal(ours, theirs):
        raise RuntimeError(f"{np.count_nonzero(ours != theirs)} of {ours.size} pairs have other units free")
