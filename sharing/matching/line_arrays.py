"""Ducts or fibers as arrays, apart from the network that is built of them: who only counts lines needs no search."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.matching.arrays import Flags, Floats, Ints, spans

SNAP_M = 1.0
"""Two access points this near are taken for the same chamber or joint."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Ducts or fibers as they were read, n rows in any order.

    key: names the asset whatever the order of rows (owner and code), so that equal costs are decided the same way.
    price_per_year: of one unit of the whole asset. loss_db: over the whole asset, its own splices and connectors in.
    length_m: as its owner declares it, NaN where unknown. exact: whether the place is the true one, not a masked one.
    lonlat, first: the vertices of row i are lonlat[first[i] : first[i + 1]], WGS 84 degrees.
    """

    asset: Ints
    key: NDArray[np.str_]
    owner: Ints
    price_per_year: Floats
    loss_db: Floats
    length_m: Floats
    exact: Flags
    lonlat: Floats
    first: Ints

    def __len__(self) -> int:
        return int(self.asset.size)

    def sorted_by_key(self) -> "Lines":
        order = np.lexsort((self.asset, self.key))
        count = np.diff(self.first)[order]
        vertices = spans(self.first[:-1][order], count)
        return Lines(
            self.asset[order],
            self.key[order],
            self.owner[order],
            self.price_per_year[order],
            self.loss_db[order],
            self.length_m[order],
            self.exact[order],
            self.lonlat[vertices],
            np.concatenate(([0], np.cumsum(count))).astype(np.int64),
        )
