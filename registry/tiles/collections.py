"""The collections that have tiles, by the ids that OGC API – Features has them by."""

from registry.kinds import Kind

COLLECTIONS: dict[str, Kind] = {
    "towers": Kind.TOWER,
    "ducts": Kind.DUCT,
    "fibers": Kind.FIBER,
    "equipment-rooms": Kind.EQUIPMENT_ROOM,
}
