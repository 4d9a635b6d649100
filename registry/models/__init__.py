from registry.models.allocation import Allocation, Purpose
from registry.models.api_token import ApiToken, Scope
from registry.models.asset import CELL_DEGREES, Asset, AssetStatus, Protection
from registry.models.change import Act, Change, Noun
from registry.models.disclosure import Disclosure
from registry.models.duct import Duct, DuctMaterial
from registry.models.equipment_room import EquipmentRoom, SecurityClass
from registry.models.export import Export
from registry.models.export_job import ExportJob
from registry.models.fiber import Fiber, FiberType
from registry.models.idempotent_call import IdempotentCall
from registry.models.import_job import ImportJob, ImportTarget, JobStatus
from registry.models.invitation import Invitation
from registry.models.membership import Membership, Role
from registry.models.organization import Organization, Sector
from registry.models.place_change import PlaceChange
from registry.models.place_grant import PlaceGrant
from registry.models.planned_facility import (
    FacilityStage,
    FacilityType,
    PlannedFacility,
)
from registry.models.region import Region
from registry.models.sight import Basis, Sight, Way
from registry.models.supply_change import SupplyChange
from registry.models.terrain_area import TerrainArea, TerrainClass
from registry.models.tile_cell import ProtectedTileCell, TileCell
from registry.models.tile_change import TileChange, TileVersion
from registry.models.tower import StructureType, Tower
from registry.models.user import User

__all__ = [
    "CELL_DEGREES",
    "Act",
    "Allocation",
    "ApiToken",
    "Asset",
    "AssetStatus",
    "Basis",
    "Change",
    "Disclosure",
    "Duct",
    "DuctMaterial",
    "EquipmentRoom",
    "Export",
    "ExportJob",
    "FacilityStage",
    "FacilityType",
    "Fiber",
    "FiberType",
    "IdempotentCall",
    "ImportJob",
    "ImportTarget",
    "Invitation",
    "JobStatus",
    "Membership",
    "Noun",
    "Organization",
    "PlaceChange",
    "PlaceGrant",
    "PlannedFacility",
    "ProtectedTileCell",
    "Protection",
    "Purpose",
    "Region",
    "Role",
    "Scope",
    "Sector",
    "SecurityClass",
    "Sight",
    "StructureType",
    "SupplyChange",
    "TerrainArea",
    "TerrainClass",
    "TileCell",
    "TileChange",
    "TileVersion",
    "Tower",
    "User",
    "Way",
]
