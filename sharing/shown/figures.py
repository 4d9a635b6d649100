"""Figures, and the values of rows behind them, as people read them."""

from typing import Any

from django.utils.formats import date_format, number_format

from sharing.monitoring.figures import Number, Unit

DECIMALS = {Unit.PERCENT: 1, Unit.KM: 1, Unit.TONNES: 1}


def read(value: Number, unit: Unit) -> str:
    """A figure; a dash for what cannot be reckoned."""
    if value is None:
        return "–"
    text = number_format(value, DECIMALS.get(unit, 0), use_l10n=True, force_grouping=True)
    return f"{text} %" if unit is Unit.PERCENT else text


def read_cell(value: Any) -> str:
    """A value of a row; a dash for none."""
    if value is None or value == "":
        return "–"
    if hasattr(value, "strftime"):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, str):
        return value
    return number_format(value, 0 if isinstance(value, int) else 1, use_l10n=True)
