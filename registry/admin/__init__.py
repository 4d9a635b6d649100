from registry.admin import (
    allocation,
    asset,
    change,
    disclosure,
    membership,
    organization,
    place_grant,
    planned_facility,
    region,
    sight,
    terrain_area,
    user,
)

__all__ = [
    "allocation",
    "asset",
    "change",
    "disclosure",
    "membership",
    "organization",
    "place_grant",
    "planned_facility",
    "region",
    "sight",
    "terrain_area",
    "user",
]
