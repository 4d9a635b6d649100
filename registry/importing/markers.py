"""Marks by which a cell says that it is a text as it stands, and no formula and no blank; exports write them, imports
take them off, so that whatever the registry holds comes back unchanged.

An apostrophe makes text of what a spreadsheet would run (OWASP, CSV injection) or what an import would read as blank.
A text that begins like a marked one is marked once more.
"""

import re

from registry.importing.quantities import BLANKS

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FORMULA = "=+\\-@\t\r"
# `open_to_sectors` of an asset that is not shared: a blank cell would leave what the registry knows.
NOBODY = "nobody"
NOBODY_WORDS = frozenset({NOBODY, "none", "nil", "不开放", "无", "personne"})

_BLANK = "|".join(re.sub(r"([\\/.])", r"\\\1", word) for word in sorted(BLANKS - {""}))
MARKED = re.compile(rf"'+(?:[{FORMULA}]|(?:{_BLANK})\Z)")
# For PostgreSQL as well, where $ is the end of the text.
ALWAYS_MARKED = rf"^('+[{FORMULA}]|'*({_BLANK})$)"
# What ALWAYS_MARKED leaves.
SHEET_ONLY_MARKED = rf"^([{FORMULA}])"
MARKED_IN_SHEETS = rf"^('*[{FORMULA}]|'*({_BLANK})$)"
TO_MARK = re.compile(rf"'+[{FORMULA}]|'*(?:{_BLANK})\Z")


# What no sheet can run: figures with their signs, as coordinates have them, and codes made of them.
HARMLESS = re.compile(r"[+@-][\d\s.,°'\"′″+~#-]*")


def inert(text: str) -> str:
    """The text as a sheet may hold it: what a spreadsheet would run is marked.

    >>> inert("=1+1"), inert("-cmd|x"), inert("-114.3"), inert("@x")
    ("'=1+1", "'-cmd|x", '-114.3', "'@x")
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not HARMLESS.fullmatch(text) else text


def marked(text: str) -> str:
    """The text as every format holds it (ALWAYS_MARKED).

    >>> marked("N/A"), marked("'=1"), marked("=1"), marked("'t Hof")
    ("'N/A", "''=1", '=1', "'t Hof")
    """
    return f"'{text}" if TO_MARK.match(text) else text


def unmarked(text: str) -> str:
    """The text without its mark.

    >>> unmarked("'=1+1"), unmarked("''=1"), unmarked("'无"), unmarked("'t Hof")
    ('=1+1', "'=1", '无', "'t Hof")
    """
    return text[1:] if text.startswith("'") and MARKED.match(text) else text
