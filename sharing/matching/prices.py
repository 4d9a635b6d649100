"""Other prices than the registry's, for a run that is tried and not saved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sharing.matching.facts import AssetFacts


def repriced(assets: AssetFacts, prices: Sequence[Mapping[str, Any]]) -> AssetFacts:
    """The assets of one kind with their prices times a factor. prices: owner (an id, or None for all) and times."""
    price = assets.price
    for change in prices:
        concerned = (
            np.ones(len(assets), dtype=np.bool_) if change["owner"] is None else assets.owner == change["owner"]
        )
        price = np.where(concerned, np.rint(price * change["times"]), price).astype(np.int64)
    return replace(assets, price=price)
