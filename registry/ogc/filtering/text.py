"""CQL2 text → the terms of CQL2 JSON."""

from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args

# Of operators whose names in CQL2 JSON are not in lower case.
NAMES = {
    name.lower(): name
    for name in ("a_containedBy", "t_finishedBy", "t_metBy", "t_overlappedBy", "t_startedBy")
}  # fmt: skip
SHAPES = {
    name.upper(): name
    for name in ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
}  # fmt: skip
Tree = Any


def _operation(name: str, *arguments: Tree) -> Tree:
    return {"op": name, "args": list(arguments)}


def _listed(tree: Tree) -> list[Tree]:
    """A list; of a single part it is not told from a part in parentheses."""
    return tree if isinstance(tree, list) else [tree]


@v_args(inline=True)
class Reading(Transformer[Token, Tree]):
    """Carried out as the rules are recognised, so that there is no other tree."""

    def either(self, left: Tree, right: Tree) -> Tree:
        return self._chained("or", left, right)

    def both(self, left: Tree, right: Tree) -> Tree:
        return self._chained("and", left, right)

    def negation(self, condition: Tree) -> Tree:
        return _operation("not", condition)

    def comparison(self, left: Tree, operator: Token, right: Tree) -> Tree:
        return _operation(str(operator), left, right)

    def like(self, value: Tree, pattern: Tree) -> Tree:
        return _operation("like", value, pattern)

    def not_like(self, value: Tree, pattern: Tree) -> Tree:
        return self.negation(self.like(value, pattern))

    def between(self, value: Tree, least: Tree, most: Tree) -> Tree:
        return _operation("between", value, least, most)

    def not_between(self, value: Tree, least: Tree, most: Tree) -> Tree:
        return self.negation(self.between(value, least, most))

    def among(self, value: Tree, values: Tree) -> Tree:
        return _operation("in", value, _listed(values))

    def not_among(self, value: Tree, values: Tree) -> Tree:
        return self.negation(self.among(value, values))

    def is_null(self, value: Tree) -> Tree:
        return _operation("isNull", value)

    def not_null(self, value: Tree) -> Tree:
        return self.negation(self.is_null(value))

    def property(self, name: Token) -> Tree:
        return {"property": str(name)}

    def quoted(self, name: Token) -> Tree:
        return {"property": str(name)[1:-1]}

    def call(self, name: Token, arguments: list[Tree] | None) -> Tree:
        """Literals that look like functions, and functions."""
        called, given = str(name).lower(), arguments or []
        if called in ("date", "timestamp") and len(given) == 1:
            return {called: given[0]}
        if called in ("interval", "bbox"):
            return {called: given}
        if called.startswith("a_"):
            given = [one if isinstance(one, dict) else _listed(one) for one in given]
        return _operation(NAMES.get(called, called), *given)

    def nothing(self) -> Tree:
        return []

    def array(self, first: Tree, others: list[Tree]) -> Tree:
        return [first, *others]

    def arguments(self, *given: Tree) -> list[Tree]:
        return list(given)

    def text(self, token: Token) -> Tree:
        return str(token)[1:-1].replace("''", "'").replace("\\'", "'")

    def number(self, token: Token) -> Tree:
        return float(token)

    def negative(self, token: Token) -> Tree:
        return -float(token)

    def true(self) -> Tree:
        return True

    def false(self) -> Tree:
        return False

    def geometry(self, shape: Token, coordinates: Tree) -> Tree:
        name = SHAPES[str(shape).upper().removesuffix("Z").strip()]
        if name == "MultiPoint":
            # MULTIPOINT(1 2, 3 4) is as good as MULTIPOINT((1 2), (3 4)).
            coordinates = [part[0] if isinstance(part[0], list) else part for part in coordinates]
        return {"type": name, "coordinates": coordinates[0] if name == "Point" else coordinates}

    def collection(self, *geometries: Tree) -> Tree:
        return {"type": "GeometryCollection", "geometries": list(geometries)}

    def coordinates(self, *parts: Tree) -> Tree:
        return list(parts)

    def position(self, *numbers: float | None) -> list[float]:
        return [number for number in numbers if number is not None]

    def _chained(self, name: str, left: Tree, right: Tree) -> Tree:
        """A chain of the same operator is one operation of many arguments, however long."""
        if isinstance(left, dict) and left.get("op") == name:
            left["args"].append(right)
            return left
        return _operation(name, left, right)


PARSER = Lark(
    Path(__file__).with_name("cql2.lark").read_text("utf-8"),
    parser="lalr", transformer=Reading(), maybe_placeholders=True,
)  # fmt: skip


def tree_of(text: str) -> Tree:
    """The filter in the terms of CQL2 JSON. Raises lark.exceptions.UnexpectedInput where it is none."""
    return PARSER.parse(text)
