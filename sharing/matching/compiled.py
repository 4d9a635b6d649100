"""Compiles functions of numbers and arrays to machine code, once a machine: numba, its result kept on disk.

Here so that typed code can use an untyped library in one place. Compiled functions are pure and have no objects.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def _keep_by_content() -> None:
    """Keep results in a folder named after the sources that speak of compiled code, unless NUMBA_CACHE_DIR is set.

    Numba looks at a function's own file alone: what it kept of one whose types have changed since, in another file,
    it cannot read, and fails; and one that has another inlined it takes for the same when that other has changed.
    """
    if "NUMBA_CACHE_DIR" not in os.environ:
        here = Path(__file__).parent
        sources = [file.read_bytes() for file in sorted(here.rglob("*.py"))]
        content = sha256(b"".join(source for source in sources if b"compiled" in source)).hexdigest()
        setattr(numba.config, "CACHE_DIR", str(_kept(here) / f"numba-{content[:16]}"))  # noqa: B010


def _kept(here: Path) -> Path:
    """Beside the code, or among the account's own files where the code is not its to write to, as on a server."""
    beside = here / "__pycache__"
    if os.access(beside if beside.exists() else here, os.W_OK):
        return beside
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infrashare"


_keep_by_content()


def compiled(function: F) -> F:
    """Compile on first call; `function.py_func` stays the plain Python one."""
    return cast(F, numba.njit(cache=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """As `compiled`, and made part of each compiled function that calls it: for what runs in an inner loop."""
    return cast(F, numba.njit(cache=True, error_model="numpy", forceinline=True)(function))
