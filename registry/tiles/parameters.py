"""The parameters of a request for a tile: which one, and of what."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from registry.api.problems import Problem, bad_parameter
from registry.filters import ChoicesField, PlainText
from registry.kinds import Kind
from registry.models import Sector
from registry.ogc.parameters import FORMAT, check_names
from registry.tiles.address import Selection, Tile
from registry.tiles.collections import COLLECTIONS
from registry.tiles.slots import KINDS, SECTORS
from registry.tiles.tile import OWNER_FROM

COLLECTION_IDS = "collections"
NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
FIELDS = {
    "kind": ChoicesField(choices=Kind.choices, required=False),
    "sector": ChoicesField(choices=Sector.choices, required=False),
    "owner": PlainText(required=False, max_length=40),
    COLLECTION_IDS: ChoicesField(choices=[(name, name) for name in COLLECTIONS], required=False),
}


def tile(zoom: str, row: str, column: str) -> Tile:
    """Raises the problem 404 where WebMercatorQuad, as far as it is served, has no such tile (/req/core/tc-error)."""
    if all(NUMBER.fullmatch(text) for text in (zoom, row, column)):
        found = Tile(int(zoom), int(column), int(row))
        if found.exists:
            return found
    raise Problem("not_seen", _("There is no such tile."))


def selection(query: QueryDict, collection: str | None, at: Tile) -> Selection:
    """Raises the problem 400 that names the parameter at fault."""
    given = check_names(query, (FORMAT, "kind", "sector", "owner", *(() if collection else (COLLECTION_IDS,))))
    kinds = set(KINDS)
    if collection:
        kinds &= {COLLECTIONS[collection].value}
    if named := _read(COLLECTION_IDS, _ids(given.get(COLLECTION_IDS, ""))):
        kinds &= {COLLECTIONS[name].value for name in named}
    if named := _read("kind", given.get("kind")):
        kinds &= set(named)
    sectors = _read("sector", given.get("sector")) or SECTORS
    owner = _read("owner", given.get("owner"))
    if owner and at.zoom < OWNER_FROM:
        raise bad_parameter("owner", _("An owner can be selected from zoom %(zoom)d on.") % {"zoom": OWNER_FROM})
    return Selection(
        tuple(kind for kind in KINDS if kind in kinds), tuple(name for name in SECTORS if name in sectors), owner
    )


def _ids(text: str) -> str:
    """Collections may be named by their whole addresses too (/req/collections-selection/query-collections)."""
    return ",".join(part.strip().rstrip("/").rpartition("/")[2] for part in text.split(","))


def _read(name: str, text: str | None) -> Any:
    try:
        return FIELDS[name].clean(text)
    except ValidationError as error:
        raise bad_parameter(name, " ".join(error.messages), str(error.code or "invalid")) from error
