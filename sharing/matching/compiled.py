"""Compiles a function of numbers and arrays to machine code, once a machine: numba with its result kept on disk.

Here so that typed code can use an untyped library in one place. Compiled functions are pure and have no objects.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile on first call; `function.py_func` stays the plain Python one."""
    return cast(F, numba.njit(cache=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """As `compiled`, and made part of each compiled function that calls it: for what runs in an inner loop."""
    return cast(F, numba.njit(cache=True, error_model="numpy", forceinline=True)(function))
