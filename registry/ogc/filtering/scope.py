"""What a filter's names and coordinates mean, and the operands that all operators share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from registry.ogc.collection import PLACE, Collection
from registry.ogc.crs import Crs
from registry.ogc.filtering.reading import Tree, refuse
from registry.ogc.properties import Property
from registry.ogc.values import day, moment, number, plain

STRING, NUMBER, BOOLEAN, DATE, TIMESTAMP = "string", "number", "boolean", "date", "date-time"


@dataclass(frozen=True)
class Scope:
    """The collection that is filtered, and the reference system of the filter's coordinates."""

    collection: Collection
    crs: Crs

    def property(self, name: Any) -> Property:
        """What the viewer is shown by that name. Raises the problem 400."""
        found = self.collection.properties.get(name) if isinstance(name, str) else None
        if found is None:
            known = ", ".join([PLACE, *self.collection.properties])
            refuse(_("%(name)s is no property here. Those are: %(known)s.") % {"name": str(name)[:80], "known": known})
        return found


@dataclass(frozen=True)
class Scalar:
    """A value to compare: an expression of one of the five types. values: of a property all that it can be, where
    these are few. folded: what CASEI was applied to."""

    type: str
    expression: Any
    is_literal: bool = False
    values: tuple[Any, ...] = ()
    folded: "Scalar | None" = None

    def cases(self, other: "Scalar") -> list[str]:
        """Of a property under CASEI with few values those that are the literal `other`, so that the property itself is
        compared, of which PostgreSQL knows how often it has them; none where that cannot be said."""
        literal = other.folded or other
        if self.folded is None or not (literal.is_literal and isinstance(literal.expression, Value)):
            return []
        text = str(literal.expression.value)
        wanted = text.lower() if other.folded else text
        return [value for value in self.folded.values if text.isascii() and value.lower() == wanted]


def scalar(node: Tree, scope: Scope) -> Scalar:
    """A property, a literal, or CASEI of either. Raises the problem 400."""
    match node:
        case bool():
            return Scalar(BOOLEAN, Value(node), is_literal=True)
        case int() | float():
            return Scalar(NUMBER, Value(_read(number, node)), is_literal=True)
        case str():
            return Scalar(STRING, Value(_read(plain, node)), is_literal=True)
        case {"property": name, **rest} if not rest:
            return of_property(scope.property(name))
        case {"date": text, **rest} if not rest:
            return Scalar(DATE, Value(_read(day, text)), is_literal=True)
        case {"timestamp": text, **rest} if not rest:
            return Scalar(TIMESTAMP, Value(_read(moment, text)), is_literal=True)
        case {"op": "casei", "args": [inner]}:
            folded = scalar(inner, scope)
            if folded.type != STRING:
                refuse(_("CASEI takes text."))
            return Scalar(STRING, Lower(folded.expression), folded.is_literal, folded=folded)
        case {"op": name}:
            refuse(_("%(name)s gives no value that can be compared here.") % {"name": str(name)[:40]})
    refuse(_("A property, text, number, date or timestamp is needed, and not %(node)s.") % {"node": str(node)[:80]})


def of_property(found: Property) -> Scalar:
    if found.type == "array":
        refuse(_("%(name)s is an array: compare it by A_CONTAINS and the like.") % {"name": found.name})
    kind = {"integer": NUMBER, "string": found.format or STRING}.get(found.type, found.type)
    return Scalar(kind, found.expression, values=found.values)


def alike(*operands: Scalar) -> tuple[Scalar, ...]:
    """The operands, of one type; a date as text is a date beside dates. Raises the problem 400."""
    types = {operand.type for operand in operands}
    for wanted, read in ((DATE, day), (TIMESTAMP, moment)):
        if types == {wanted, STRING}:
            operands = tuple(
                Scalar(wanted, Value(_read(read, operand.expression.value)), is_literal=True)
                if operand.type == STRING and isinstance(operand.expression, Value)
                else operand
                for operand in operands
            )
            types = {operand.type for operand in operands}
    if len(types) != 1:
        refuse(_("Compare like with like, and not %(types)s.") % {"types": ", ".join(sorted(types))})
    return operands


def _read(read: Callable[[Any], Any], written: Any) -> Any:
    """A literal's value. Raises the problem 400."""
    try:
        return read(written)
    except ValueError as error:
        refuse(str(error))


def is_place(node: Tree) -> bool:
    return bool(node == {"property": PLACE})


PLACE_EXPRESSION = F("place")
