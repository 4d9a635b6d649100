"""A tree of CQL2 → conditions on the rows of a collection. Where a value is unknown a comparison is neither true nor
false (21-065r2, 6.3), as in SQL."""

from collections.abc import Callable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, Func, Q, Value
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual
from django.utils.translation import gettext as _

from registry.ogc.filtering import space, time
from registry.ogc.filtering.reading import Tree, refuse
from registry.ogc.filtering.scope import BOOLEAN, STRING, Scalar, Scope, alike, is_place, of_property, scalar

Operator = Callable[[list[Tree], Scope], Q]
COMPARISONS: dict[str, Callable[[Scalar, Scalar], Q]] = {
    "=": lambda a, b: _equal(a, b),
    "<>": lambda a, b: ~_equal(a, b),
    "<": lambda a, b: Q(LessThan(a.expression, b.expression)),
    "<=": lambda a, b: Q(LessThanOrEqual(a.expression, b.expression)),
    ">": lambda a, b: Q(GreaterThan(a.expression, b.expression)),
    ">=": lambda a, b: Q(GreaterThanOrEqual(a.expression, b.expression)),
}
ARRAYS = {"a_equals": "=", "a_contains": "@>", "a_containedBy": "<@", "a_overlaps": "&&"}
TEXTS = ArrayField(CharField(max_length=200))


def condition(node: Tree, scope: Scope) -> Q:
    """What a row must fulfil. Raises the problem 400 with what to write instead."""
    match node:
        case bool():
            return Q(Value(node, output_field=BooleanField()))
        case {"property": name}:
            known = of_property(scope.property(name))
            if known.type != BOOLEAN:
                refuse(_("%(name)s is no condition by itself: compare it with a value.") % {"name": name})
            return Q(Exact(known.expression, Value(True)))
        case {"op": str(name), "args": [*arguments]} if name in OPERATORS:
            return OPERATORS[name](arguments, scope)
        case {"op": name}:
            known_names = ", ".join(OPERATORS)
            refuse(
                _("%(name)s is no condition here, or has not its arguments. Conditions are: %(known)s.")
                % {"name": str(name)[:40], "known": known_names}
            )
    refuse(_("A condition is needed, and not %(node)s.") % {"node": str(node)[:80]})


def boxes(node: Tree, scope: Scope) -> list[GEOSGeometry]:
    """Boxes that the place of each row of the filter's result must meet, for the index."""
    match node:
        case {"op": "and", "args": [*arguments]}:
            return [box for inner in arguments for box in boxes(inner, scope)]
        case {"op": name, "args": [*arguments]} if name in space.MEETING:
            box = space.envelope(arguments, scope)
            return [box] if box else []
    return []


def _all_of(arguments: list[Tree], scope: Scope) -> Q:
    return reduce(and_, (Q(condition(inner, scope)) for inner in _given(arguments, 1, None)))


def _any_of(arguments: list[Tree], scope: Scope) -> Q:
    return reduce(or_, (Q(condition(inner, scope)) for inner in _given(arguments, 1, None)))


def _not(arguments: list[Tree], scope: Scope) -> Q:
    return ~condition(_given(arguments, 1)[0], scope)


def _comparison(name: str) -> Operator:
    def compare(arguments: list[Tree], scope: Scope) -> Q:
        left, right = alike(*(scalar(argument, scope) for argument in _given(arguments, 2)))
        if left.type == BOOLEAN and name not in ("=", "<>"):
            refuse(_("True and false have no order."))
        return COMPARISONS[name](left, right)

    return compare


def _equal(left: Scalar, right: Scalar) -> Q:
    for one, other in ((left, right), (right, left)):
        if one.folded and (cases := one.cases(other)):
            return reduce(or_, (Q(Exact(one.folded.expression, Value(case))) for case in cases))
    return Q(Exact(left.expression, right.expression))


def _between(arguments: list[Tree], scope: Scope) -> Q:
    value, least, most = alike(*(scalar(argument, scope) for argument in _given(arguments, 3)))
    return COMPARISONS[">="](value, least) & COMPARISONS["<="](value, most)


def _in(arguments: list[Tree], scope: Scope) -> Q:
    value, listed = _given(arguments, 2)
    if not isinstance(listed, list) or not listed:
        refuse(_("IN needs a list of values."))
    first, *others = alike(scalar(value, scope), *(scalar(one, scope) for one in listed))
    return reduce(or_, (_equal(first, one) for one in others))


def _like(arguments: list[Tree], scope: Scope) -> Q:
    value, pattern = (scalar(argument, scope) for argument in _given(arguments, 2))
    if value.type != STRING or pattern.type != STRING or not pattern.is_literal:
        refuse(_("LIKE compares text with a pattern."))
    literal = arguments[1] if isinstance(arguments[1], str) else _literal(arguments[1])
    # PostgreSQL finds fault with a lone backslash at the end only when a row has matched so far.
    if (len(literal) - len(literal.rstrip("\\"))) % 2:
        refuse(_("A pattern does not end with the escape character."))
    like = Func(value.expression, pattern.expression, arg_joiner=" LIKE ", template="(%(expressions)s)")
    like.output_field = BooleanField()
    return Q(like)


def _literal(node: Tree) -> str:
    """The text inside CASEI."""
    while isinstance(node, dict):
        node = node["args"][0]
    return str(node)


def _is_null(arguments: list[Tree], scope: Scope) -> Q:
    (node,) = _given(arguments, 1)
    if is_place(node):
        return Q(Value(False, output_field=BooleanField()))
    if not isinstance(node, dict) or "property" not in node:
        refuse(_("IS NULL asks about a property."))
    return Q(IsNull(scope.property(node["property"]).expression, True))


def _array(name: str) -> Operator:
    def compare(arguments: list[Tree], scope: Scope) -> Q:
        sides = [_array_of(argument, scope) for argument in _given(arguments, 2)]
        related = Func(*sides, arg_joiner=f" {ARRAYS[name]} ", template="(%(expressions)s)")
        related.output_field = BooleanField()
        return Q(related)

    return compare


def _array_of(node: Tree, scope: Scope) -> Any:
    match node:
        case {"property": name}:
            found = scope.property(name)
            if found.type == "array":
                return found.expression
        case [*parts]:
            texts = [scalar(part, scope) for part in parts]
            if all(text.type == STRING and isinstance(text.expression, Value) for text in texts):
                values = Value([text.expression.value for text in texts], output_field=TEXTS)
                return Func(values, template="%(expressions)s::varchar[]")
    refuse(_("An array of texts is needed, or a property that is one."))


def _given(arguments: list[Tree], least: int, most: int | None = 0) -> list[Tree]:
    """The arguments, `least` of them, or up to `most` (None: any number)."""
    if len(arguments) < least or (most is not None and len(arguments) > max(least, most)):
        refuse(_("An operator has the wrong number of arguments."))
    return arguments


OPERATORS: dict[str, Operator] = {
    "and": _all_of,
    "or": _any_of,
    "not": _not,
    **{name: _comparison(name) for name in COMPARISONS},
    "between": _between,
    "in": _in,
    "like": _like,
    "isNull": _is_null,
    **space.OPERATORS,
    **time.OPERATORS,
    **{name: _array(name) for name in ARRAYS},
}
