"""CQL2 text or JSON → a tree in the terms of CQL2 JSON, refused before it can cost much."""

import json
from typing import Any, NoReturn

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from lark.exceptions import UnexpectedInput

from registry.api.problems import bad_parameter
from registry.ogc.filtering.text import tree_of

TEXT, JSON = "cql2-text", "cql2-json"
LANGUAGES = (TEXT, JSON)
MOST_CHARACTERS = 8000
MOST_OPERATORS = 200
MOST_DEPTH = 32

Tree = Any
"""Objects, arrays, strings, numbers and booleans of CQL2 JSON; no null."""


def read(text: str, language: str) -> Tree:
    """The filter as a tree. Raises the problem 400."""
    if len(text) > MOST_CHARACTERS:
        refuse(_("The filter is longer than %(most)d characters.") % {"most": MOST_CHARACTERS})
    tree = _of_json(text) if language == JSON else _of_text(text)
    _measure(tree)
    return tree


def refuse(detail: str | Promise, code: str = "filter") -> NoReturn:
    raise bad_parameter("filter", detail, code)


def _of_text(text: str) -> Tree:
    try:
        return tree_of(text)
    except UnexpectedInput as error:
        where = error.get_context(text, span=30).rstrip()
        refuse(_("This is no condition in CQL2 text, from here on:\n%(where)s") % {"where": where})


def _of_json(text: str) -> Tree:
    try:
        return json.loads(text, parse_constant=float.fromhex)
    except (ValueError, RecursionError) as error:
        refuse(_("This is no CQL2 JSON: %(why)s") % {"why": str(error)[:200]})


def _measure(tree: Tree) -> None:
    """Counts operators and depth, without recursion of its own."""
    operators, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MOST_DEPTH:
            refuse(_("The filter is nested deeper than %(most)d levels.") % {"most": MOST_DEPTH})
        if isinstance(node, dict):
            operators += "op" in node
            waiting += [(inner, depth + 1) for inner in node.values()]
        elif isinstance(node, list):
            waiting += [(inner, depth + 1) for inner in node]
    if operators > MOST_OPERATORS:
        refuse(_("The filter has more than %(most)d conditions.") % {"most": MOST_OPERATORS})
