"""The collections that have tiles: those of assets, by the ids that OGC API – Features has them by."""

from registry.kinds import Kind
from registry.ogc.catalog import ABOUT

COLLECTIONS: dict[str, Kind] = {id: kind for kind, (id, _title, _description) in ABOUT.items()}
