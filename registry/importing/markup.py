"""XML from strangers, looked through piece by piece before any parser has it."""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from registry.importing.limits import MIB
from registry.importing.table import UnreadableFile
from registry.places import MOST_CORNERS

ENTITY = re.compile(rb"<!(ENTITY|DOCTYPE)", re.IGNORECASE)
LONGEST_MIB = 4
# The first tag, after what may stand before it. Without going back: a comment ends where it first can.
ROOT = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<(\w+)[\s/>]", re.DOTALL)
WAY, NODE = b"<way", b"<nd"


def root_of(text: bytes) -> str:
    """The name of the outermost element, "" where it is not in sight."""
    found = ROOT.match(text)
    return found[1].decode() if found else ""


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The markup in pieces that each end before a tag.

    Raises UnreadableFile for a document type or entities, and for a text or tag beyond LONGEST_MIB.
    """
    rest = b""
    for chunk in chunks:
        rest += chunk
        end = max(rest.rfind(b"<"), 0)
        piece, rest = rest[:end], rest[end:]
        if ENTITY.search(piece) or ENTITY.match(rest):
            raise UnreadableFile(_("XML files with a document type or entities are not read."))
        if len(rest) > LONGEST_MIB * MIB:
            raise UnreadableFile(
                _("The file has a text of more than %(size)d MiB: a place has at most %(most)s corners.")
                % {"size": LONGEST_MIB, "most": f"{MOST_CORNERS:,}"}
            )
        yield piece
    yield rest


def check_ways(markup: Iterable[bytes]) -> None:
    """Of OSM: GDAL looks up all nodes of a file before it finds that a way has too many."""
    nodes = 0
    for piece in markup:
        first, *others = [part.count(NODE) for part in piece.split(WAY)]
        nodes += first
        if max(nodes, *others, 0) > MOST_CORNERS:
            raise UnreadableFile(
                _("A way of the file has more than %(most)s corners.") % {"most": f"{MOST_CORNERS:,}"}
            )
        nodes = others[-1] if others else nodes
