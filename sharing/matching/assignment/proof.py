"""What was reached and proven in each round of an assignment, so that those of independent parts add up to that of the
whole: the bounds of the whole are those of its last round that nothing was wrongly forbidden before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sharing.matching.arrays import Ints


@dataclass(frozen=True, slots=True)
class Round:
    """One solution of the model, before its units are numbered, with what was proven of it."""

    served: Ints  # by priority
    served_bound: Ints
    cost: int
    cost_bound: int
    parts: int
    certain: bool  # whether what is forbidden after it leaves every assignment that can be held

    @classmethod
    def together(cls, rounds: "Sequence[Round]") -> "Round":
        return cls(
            np.sum([one.served for one in rounds], axis=0),
            np.sum([one.served_bound for one in rounds], axis=0),
            sum(one.cost for one in rounds),
            sum(one.cost_bound for one in rounds),
            sum(one.parts for one in rounds),
            all(one.certain for one in rounds),
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """What an assignment serves, once its units are numbered, and the rounds that led there."""

    served: Ints  # by priority
    cost: int  # cents a year
    rounds: Sequence[Round]

    @classmethod
    def together(cls, parts: "Sequence[Reached]") -> "Reached":
        """Of parts that share nothing. One that is done earlier stays as it is while others try again."""
        count = max(len(part.rounds) for part in parts)
        return cls(
            np.sum([part.served for part in parts], axis=0),
            sum(part.cost for part in parts),
            [
                Round.together([part.rounds[min(number, len(part.rounds) - 1)] for part in parts])
                for number in range(count)
            ],
        )

    @property
    def proven(self) -> Round:
        """The last round before which all that was forbidden was so with certainty."""
        last = 0
        while last + 1 < len(self.rounds) and self.rounds[last].certain:
            last += 1
        return self.rounds[last]

    @property
    def cost_bound(self) -> int:
        """Of the proven round; none where the numbering of units took demands away from it."""
        return self.proven.cost_bound if (self.served == self.proven.served).all() else 0
