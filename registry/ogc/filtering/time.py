"""Temporal conditions (21-065r2, 7.8): how two spans of time lie to each other. An instant is a span that ends where
it starts; ".." is the end of time on its side."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import DateField, DateTimeField, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact, GreaterThan, LessThan
from django.utils.translation import gettext as _

from registry.ogc.filtering.reading import Tree, refuse
from registry.ogc.filtering.scope import DATE, STRING, TIMESTAMP, Scalar, Scope, alike, scalar

OPEN = ".."
FIELDS: dict[str, Any] = {DATE: DateField(), TIMESTAMP: DateTimeField()}
Span = tuple[Any, Any]


def _before(a: Any, b: Any) -> Q:
    return Q(LessThan(a, b))


def _after(a: Any, b: Any) -> Q:
    return Q(GreaterThan(a, b))


def _same(a: Any, b: Any) -> Q:
    return Q(Exact(a, b))


def _apart(a: Span, b: Span) -> Q:
    return _before(a[1], b[0]) | _after(a[0], b[1])


# Of two spans a and b, each (start, end).
RELATIONS: dict[str, Callable[[Span, Span], Q]] = {
    "t_after": lambda a, b: _after(a[0], b[1]),
    "t_before": lambda a, b: _before(a[1], b[0]),
    "t_contains": lambda a, b: _before(a[0], b[0]) & _after(a[1], b[1]),
    "t_disjoint": _apart,
    "t_during": lambda a, b: _after(a[0], b[0]) & _before(a[1], b[1]),
    "t_equals": lambda a, b: _same(a[0], b[0]) & _same(a[1], b[1]),
    "t_finishedBy": lambda a, b: _before(a[0], b[0]) & _same(a[1], b[1]),
    "t_finishes": lambda a, b: _after(a[0], b[0]) & _same(a[1], b[1]),
    "t_intersects": lambda a, b: ~_apart(a, b),
    "t_meets": lambda a, b: _same(a[1], b[0]),
    "t_metBy": lambda a, b: _same(a[0], b[1]),
    "t_overlappedBy": lambda a, b: _after(a[0], b[0]) & _before(a[0], b[1]) & _after(a[1], b[1]),
    "t_overlaps": lambda a, b: _before(a[0], b[0]) & _after(a[1], b[0]) & _before(a[1], b[1]),
    "t_startedBy": lambda a, b: _same(a[0], b[0]) & _after(a[1], b[1]),
    "t_starts": lambda a, b: _same(a[0], b[0]) & _before(a[1], b[1]),
}


def _ends(node: Tree, scope: Scope) -> list[Scalar | None]:
    """Start and end; None where open."""
    match node:
        case {"interval": [start, end]}:
            return [_end(start, "-infinity", scope), _end(end, "infinity", scope)]
    instant = scalar(node, scope)
    return [instant, instant]


def _end(part: Tree, beyond: str, scope: Scope) -> Scalar | None:
    """An end of an interval, where dates and timestamps are plain text; a property without a value leaves it open."""
    if part == OPEN:
        return None
    if isinstance(part, str):
        return scalar({"timestamp" if "T" in part else "date": part}, scope)
    known = scalar(part, scope)
    if known.is_literal or known.type not in FIELDS:
        return known
    return replace(known, expression=Coalesce(known.expression, _infinity(beyond, known.type)))


def _infinity(beyond: str, type: str) -> Cast:
    return Cast(Value(beyond), FIELDS[type])


def _operator(name: str) -> Callable[[list[Tree], Scope], Q]:
    def relate(arguments: list[Tree], scope: Scope) -> Q:
        if len(arguments) != 2:
            refuse(_("A temporal condition relates two dates, timestamps or intervals."))
        ends = [end for argument in arguments for end in _ends(argument, scope)]
        known = iter(alike(*(end for end in ends if end is not None)) if any(ends) else ())
        made = [None if end is None else next(known) for end in ends]
        kind = next((end.type for end in made if end is not None), STRING)
        if kind not in FIELDS:
            refuse(_("A temporal condition relates two dates, timestamps or intervals."))
        a, b, c, d = (
            _infinity("infinity" if at % 2 else "-infinity", kind) if end is None else end.expression
            for at, end in enumerate(made)
        )
        return RELATIONS[name]((a, b), (c, d))

    return relate


OPERATORS = {name: _operator(name) for name in RELATIONS}
