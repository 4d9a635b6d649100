"""Figures: rows of numbers, each row with a key that says what it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

Number = int | float | None
Values = Mapping[str, Number]


class Unit(StrEnum):
    COUNT = "count"
    PERCENT = "percent"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    KM = "km"
    MONEY = "money"
    TONNES = "tonnes"


@dataclass(frozen=True)
class Column:
    """code: its name in rows and files, with the unit where it has one."""

    code: str
    title: str | Promise
    unit: Unit = Unit.COUNT


@dataclass(frozen=True)
class Row:
    """key: a code, a month as 2026-11, a region's prefix, an owner's id, or two sectors as power>telecom."""

    key: str
    values: Values


def percent(part: float, whole: float) -> float | None:
    """Rounded to a hundredth; None of nothing."""
    return round(100 * part / whole, 2) if whole else None
