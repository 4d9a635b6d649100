"""The place of each kind and sector in the arrays of the pyramid: counted apart, so that either can be filtered by."""

from collections.abc import Collection

from registry.kinds import Kind
from registry.models import Sector

KINDS: tuple[str, ...] = tuple(Kind.values)
SECTORS: tuple[str, ...] = tuple(Sector.values)
SLOTS = len(KINDS) * len(SECTORS)


def slot(kind: str, sector: str) -> int:
    """From 1, as PostgreSQL counts."""
    return 1 + KINDS.index(kind) * len(SECTORS) + SECTORS.index(sector)


def slots(kinds: Collection[str], sectors: Collection[str]) -> list[int]:
    return [slot(kind, sector) for kind in KINDS if kind in kinds for sector in SECTORS if sector in sectors]


def sql_slot(kind: str, sector: str) -> str:
    """The same as an SQL expression of two columns."""
    return (
        f"array_position({_array(KINDS)}, {kind}::text) * {len(SECTORS)} - {len(SECTORS)}"
        f" + array_position({_array(SECTORS)}, {sector}::text)"
    )


def _array(names: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{name}'" for name in names) + "]"
