"""How far round a demand the engine looks. A room of its own, so that whoever plans a run loads no solver."""

LONG = 10_000
"""Demands beyond which a list is answered without runners-up and without changes that would help: whoever plans a
country matches what is left as a list of its own."""

REACH = 3.0
"""How many times the radius the search for misses goes."""


def reach(lines: int) -> float:
    """How many radii off an asset may be and still have a part in the answer to a demand, in a list of so many."""
    return 1.0 if lines > LONG else REACH
