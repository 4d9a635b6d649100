"""What came of a part, in numbers, as JSON."""

from typing import Any

import numpy as np

from sharing.matching.answers import COUNTS, Tally
from sharing.matching.assignment.proof import Reached, Round
from sharing.matching.explanation import Json


def as_json(tally: Tally) -> Json:
    reached = tally.reached
    return {
        **{count: getattr(tally, count) for count in COUNTS},
        "seconds": tally.seconds,
        "disjoint": tally.disjoint,
        "reached": reached
        and {
            "served": reached.served.tolist(),
            "cost": reached.cost,
            "rounds": [
                {
                    "served": one.served.tolist(), "served_bound": one.served_bound.tolist(), "cost": one.cost,
                    "cost_bound": one.cost_bound, "parts": one.parts, "certain": one.certain,
                }
                for one in reached.rounds
            ],
        },
    }  # fmt: skip


def of_json(saved: Json) -> Tally:
    counts = {count: saved[count] for count in COUNTS}
    reached = saved["reached"] and _reached(saved["reached"])
    return Tally(**counts, seconds=saved["seconds"], disjoint=saved["disjoint"], reached=reached)


def _reached(saved: Json) -> Reached:
    return Reached(np.array(saved["served"]), saved["cost"], [_round(one) for one in saved["rounds"]])


def _round(saved: dict[str, Any]) -> Round:
    arrays = {name: np.array(saved[name]) for name in ("served", "served_bound")}
    return Round(**(saved | arrays))
