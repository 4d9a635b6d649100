"""What a new build that is not needed would have cost, in money and CO₂: factors of the registry's own
or from a file, each with its source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from registry.kinds import Kind
from sharing.monitoring.own_factors import OWN


@dataclass(frozen=True)
class Factor:
    """Of one build, or one kilometre of a route. cost: the registry's currency, once; co2_t: tonnes of CO₂ that making
    its materials and building it emit. None where there is no factor: then nothing is reckoned. assumed: whether it
    is an assumption of the registry and no published figure."""

    per: str
    cost: float | None
    cost_source: str | Promise
    cost_is_assumed: bool
    co2_t: float | None
    co2_source: str | Promise
    co2_is_assumed: bool


def factors() -> dict[str, Factor]:
    """By kind, from the file that MONITORING_FACTORS names, else the registry's own.

    Raises ImproperlyConfigured for a file that cannot be read, or lacks a kind or a field.
    """
    return _read(settings.MONITORING_FACTORS) if settings.MONITORING_FACTORS else _own()


@cache
def _own() -> dict[str, Factor]:
    return {kind: _factor(OWN[kind]) for kind in Kind.values}


@cache
def _read(path: str) -> dict[str, Factor]:
    try:
        found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return {kind: _factor(found[kind]) for kind in Kind.values}
    except (OSError, ValueError, TypeError, KeyError) as error:
        names = ", ".join(field.name for field in fields(Factor))
        raise ImproperlyConfigured(
            f"MONITORING_FACTORS: {path} cannot be used ({error!r}). Each of {', '.join(Kind.values)} needs {names}."
        ) from error


def _factor(given: Mapping[str, Any]) -> Factor:
    factor = Factor(**given)
    for value in (factor.cost, factor.co2_t):
        if value is not None and not (isinstance(value, (int, float)) and value >= 0):
            raise ValueError(f"{value!r} is no amount")
    return factor
