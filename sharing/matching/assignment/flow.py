"""Parts that are plain transport problems: solved exactly as a minimum-cost flow.

That holds where every demand is served whole by one option, every option is in at most one row, and the
coefficients of a row are alike: then the constraint matrix is that of a bipartite network, and whole flows are
optimal (Ford and Fulkerson). Which sets of demands can be served is then a transversal matroid, in which the set
of most weight depends on the order of the weights only (Edmonds, 1971); so the ranks of the priorities serve as
weights, and stay small.
"""

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from sharing.matching.arrays import Ints
from sharing.matching.assignment.model import Model

LARGEST_COST = 2**62
"""The solver multiplies costs by the number of nodes; beyond this the product would not fit 64 bits."""


def is_transport(model: Model) -> bool:
    """Whether the part is a bipartite transport problem within the solver's range of numbers."""
    once = bool((np.bincount(model.rows.option, minlength=model.demand.size) <= 1).all())
    return once and bool((model.need == 1).all()) and _alike(model) and _fits(model, model.cost)


def _alike(model: Model) -> bool:
    size = np.zeros(model.rows.count, dtype=np.int64)
    size[model.rows.row] = model.rows.coefficient
    return bool((size[model.rows.row] == model.rows.coefficient).all())


def _fits(model: Model, cost: Ints) -> bool:
    nodes = model.priority.size + model.rows.count + 2
    return _step(model, cost) * int(np.unique(model.priority).size) * nodes < LARGEST_COST


def _step(model: Model, cost: Ints) -> int:
    """More than all the cost that any solution could save: one rank of priority always counts for more."""
    dearest = np.zeros(model.priority.size, dtype=np.int64)
    np.maximum.at(dearest, model.demand, cost)
    return sum(dearest.tolist()) + 1


def _combined(model: Model) -> Ints:
    """Cost first, then regret, as one number; cost alone where that would grow too large."""
    scale = _step(model, model.regret)
    if int(model.cost.max()) * scale >= LARGEST_COST:
        return model.cost
    combined = model.cost * scale + model.regret
    return combined if _fits(model, combined) else model.cost


def solve(model: Model) -> Ints:
    """v by option, optimal. Nodes: demands, then rows, then one sink."""
    demands, rows = model.priority.size, model.rows.count
    sink = demands + rows
    head = np.full(model.demand.size, sink, dtype=np.int64)
    head[model.rows.option] = demands + model.rows.row
    size = np.ones(rows, dtype=np.int64)
    size[model.rows.row] = model.rows.coefficient
    rank = np.unique(-model.priority, return_inverse=True)[1] + 1
    cost = _combined(model)
    everyone = np.arange(demands)
    tails = np.concatenate((model.demand, demands + np.arange(rows), everyone))
    heads = np.concatenate((head, np.full(rows + demands, sink)))
    capacities = np.concatenate((np.ones_like(model.demand), model.rows.limit // size, np.ones_like(everyone)))
    costs = np.concatenate((cost, np.zeros(rows, dtype=np.int64), rank * _step(model, cost)))
    network = SimpleMinCostFlow()
    arcs = network.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
    network.set_nodes_supplies(np.append(everyone, sink), np.append(np.ones(demands, dtype=np.int64), -demands))
    status = network.solve()
    if status != network.OPTIMAL:
        raise ArithmeticError(f"minimum-cost flow ended with {status.name}")
    return np.asarray(network.flows(arcs[: model.demand.size]), dtype=np.int64)
