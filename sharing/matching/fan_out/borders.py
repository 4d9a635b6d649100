"""Which demands of a part compete with those of other parts: all that hang together with one through assets near both.

What is left shares no asset with any other demand of the list, whatever the ledger says, so that answering it alone is
answering it beside all others.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sharing.matching.arrays import Flags, Ints


def at_the_border(demand: Ints, asset: Ints, own: Flags) -> Flags:
    """By demand: whether it is the part's own and hangs together with one that is not. demand, asset: rows and ids of
    those near each other."""
    ids, place = np.unique(asset, return_inverse=True)
    size = own.size + ids.size
    graph = coo_array((np.ones(demand.size, dtype=np.int8), (demand, own.size + place)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    shared = np.zeros(count, dtype=np.bool_)
    shared[label[: own.size][~own]] = True
    return np.asarray(own & shared[label[: own.size]], dtype=np.bool_)
