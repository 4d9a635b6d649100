"""What takes long to reckon, kept for a while: over a million assets some figures take seconds, which a page does not
have. What is reckoned quickly is reckoned for each reader anew, so that a small registry is always told as it is."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from registry.models import Organization
from sharing.monitoring.breakdowns import TOTAL
from sharing.monitoring.figures import Row
from sharing.monitoring.indicators import INDICATORS, Indicator
from sharing.monitoring.scope import Scope, last_year

LONG_S = 0.1
KEPT_S = 2 * 3600
"""The clock reckons what regulators open first every hour, so that they find it."""


@dataclass(frozen=True)
class Figures:
    """at: the moment that the rows are of; None where that is now."""

    rows: Sequence[Row]
    at: datetime | None = None


def figures(indicator: Indicator, scope: Scope, by: str, *, anew: bool = False) -> Figures:
    """The rows of a breakdown, as they were kept unless they are wanted `anew`."""
    return Figures(*kept(_key(indicator, scope, by), lambda: indicator.figures(scope, by), KEPT_S, anew=anew))


def kept(key: str, reckon: Callable[[], Any], seconds: int, *, anew: bool = False) -> tuple[Any, datetime | None]:
    """(what `reckon` gives, the moment it is of). It is kept for so many seconds where it took long; None as moment
    where it is of now."""
    with suppress(RedisError):
        found: tuple[Any, datetime] | None = None if anew else cache.get(key)
        if found is not None:
            return found
    began, now = perf_counter(), timezone.now()
    reckoned = reckon()
    if perf_counter() - began >= LONG_S:
        with suppress(RedisError):
            cache.set(key, (reckoned, now), seconds)
    return reckoned, None


def reckon_ahead() -> int:
    """Reckons what each regulator sees first: every indicator in one number and by its first breakdown, over the last
    year. Returns for how many regulators."""
    regulators = Organization.objects.filter(regulates__isnull=False).select_related("regulates")
    for regulator in regulators:
        scope = Scope.of_organization(regulator, *last_year())
        for indicator in INDICATORS.values():
            for by in (TOTAL.code, indicator.breakdowns[0].code):
                figures(indicator, scope, by, anew=True)
    return len(regulators)


def _key(indicator: Indicator, scope: Scope, by: str) -> str:
    """Of all that the rows depend on, who may know of what among it, and of the day, which states are told at."""
    region = scope.region.pk if scope.region else ""
    parts = (
        sorted(scope.organizations), sorted(scope.regulated), scope.everything, scope.start, scope.end, region,
        scope.kind, scope.sector, scope.day,
    )  # fmt: skip
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return f"kept:{indicator.code}:{by}:{digest}"
