"""What a benchmark says: one measured figure, its limit, and its reference from the same run."""

from typing import Any


def figure(
    name: str, value: float, unit: str, limit: float | None, reference: float | None, holds: bool | None
) -> dict[str, Any]:
    """ratio is value over reference. limit and holds are None where nothing is promised."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "limit": limit,
        "reference": reference,
        "ratio": value / reference if reference else None,
        "holds": holds,
    }
