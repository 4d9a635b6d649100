"""Bettering a large part piece by piece: nobody is left out of the pieces, nothing gets worse, all still fits."""

import numpy as np
import pytest

from sharing.matching.assignment import exact, pieces
from sharing.matching.assignment.model import Model, Rows
from sharing.matching.assignment.programme import served_by_priority
from tests.sharing.matching.test_large import fits, part


def apart(*models: Model) -> Model:
    """The models side by side, which share nothing."""
    demands, options = (np.cumsum([0, *(getattr(one, of).size for one in models)]) for of in ("need", "demand"))
    rows = np.cumsum([0, *(one.rows.count for one in models)])

    def joined(of: str) -> np.ndarray:
        return np.concatenate([getattr(one, of) for one in models])

    return Model(
        priority=joined("priority"),
        need=joined("need"),
        demand=np.concatenate([one.demand + first for one, first in zip(models, demands[:-1], strict=True)]),
        cost=joined("cost"),
        regret=joined("regret"),
        most=joined("most"),
        rows=Rows(
            np.concatenate([one.rows.row + first for one, first in zip(models, rows[:-1], strict=True)]),
            np.concatenate([one.rows.option + first for one, first in zip(models, options[:-1], strict=True)]),
            np.concatenate([one.rows.coefficient for one in models]),
            np.concatenate([one.rows.limit for one in models]),
        ),
    )


def merit(model: Model, used: np.ndarray) -> tuple[list[int], int]:
    return (-served_by_priority(model, used)).tolist(), int(model.cost @ used)


@pytest.mark.parametrize("size", [1, 40, 1_000_000])
def test_every_demand_is_in_one_piece_of_at_most_so_many_options(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = part(1, demands=60, assets=20)
    monkeypatch.setattr(pieces, "SIZE", size)
    found = pieces.pieces(model)
    assert np.sort(np.concatenate(found)).tolist() == list(range(60))
    options = np.bincount(model.demand, minlength=60)
    assert all(options[one].sum() <= size for one in found if one.size > 1)


def test_what_shares_nothing_is_cut_apart_first(monkeypatch: pytest.MonkeyPatch) -> None:
    model = apart(part(1, demands=20, assets=8), part(1, demands=20, assets=8))
    monkeypatch.setattr(pieces, "SIZE", model.demand.size // 2)
    assert [sorted(one.tolist()) for one in pieces.pieces(model)] == [list(range(20)), list(range(20, 40))]


@pytest.mark.parametrize("seed", range(6))
def test_from_nothing_each_piece_serves_what_it_can_and_all_fits(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = part(seed, demands=60, assets=20, load=4)
    monkeypatch.setattr(pieces, "SIZE", 100)
    nothing = np.zeros(model.demand.size, dtype=np.int64)
    first = pieces.improve(model, model.cost, nothing)
    again = pieces.improve(model, model.cost, first)
    assert fits(model, first) and fits(model, again)
    assert merit(model, again) <= merit(model, first) < merit(model, nothing)


@pytest.mark.parametrize("seed", range(4))
def test_what_one_piece_holds_is_solved_to_the_best_of_its_number_served(seed: int) -> None:
    model = part(seed, demands=14, assets=5, split=0.0)
    best = exact.solve(model)
    assert best.exact
    found = pieces.improve(model, model.cost, np.zeros(model.demand.size, dtype=np.int64))
    assert merit(model, found)[0] == merit(model, best.used)[0]
    assert int(model.cost @ found) <= int(model.cost @ best.used)
