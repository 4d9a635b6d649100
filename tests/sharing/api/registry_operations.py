"""Every operation on what exists, with who may do it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.sharing.api.operation import Operation, body, of
from tests.sharing.api.roles import (
    EDITORS,
    HERE,
    MANAGERS,
    MEMBERS,
    OWNER,
    OWNER_MANAGER,
    REGULATING,
    SEE_MATCH,
    people,
)
from tests.sharing.api.world import World

SEE_GRANT = people("other") | HERE


def token_body(world: World) -> Any:
    expires = (timezone.now() + timedelta(days=90)).isoformat()
    return (), {"name": "nightly import", "scopes": ["read", "write"], "expires_at": expires}


OF_REGISTRY: dict[str, Operation] = {
    "regions_list": Operation("GET", "regions/"),
    "regions_retrieve": Operation("GET", "regions/{}/", lambda world: (("420102",), None)),
    "organizations_list": Operation("GET", "organizations/"),
    "organizations_retrieve": Operation("GET", "organizations/{}/", lambda world: (("metro",), None)),
    "organizations_partial_update": Operation(
        "PATCH", "organizations/{}/", lambda world: (("metro",), {"contact_phone": "027-12345678"}),
        people("owner", roles=MANAGERS), MEMBERS,
    ),
    "assets_list": Operation("GET", "assets/"),
    "assets_retrieve": Operation("GET", "assets/{}/", of("near")),
    "assets_create": Operation(
        "POST", "assets/", body(World.asset_of), people("owner", roles=EDITORS), MEMBERS, 201
    ),
    "assets_bulk": Operation(
        "POST", "assets/bulk/", body(lambda world: [world.asset_of(), world.asset_of(code="WH-0002")]),
        people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "assets_partial_update": Operation(
        "PATCH", "assets/{}/", of("spare", {"name": "备用杆", "details": {"height_m": 15.0}}),
        people("owner", roles=EDITORS), MEMBERS,
    ),
    "assets_destroy": Operation(
        "DELETE", "assets/{}/", of("spare"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "assets_set_terms": Operation(
        "POST", "assets/terms/", body(lambda world: {
            "assets": [world.near.pk, world.spare.pk], "open_to_sectors": ["telecom"], "price_per_unit_year": 900,
        }), OWNER_MANAGER, MEMBERS,
    ),
    "assets_confirm_levels": Operation(
        "POST", "assets/confirm-levels/", body(lambda world: {
            "assets": [world.guarded().pk], "until": str(timezone.localdate() + timedelta(days=300)),
        }), OWNER_MANAGER, MEMBERS,
    ),
    "allocations_list": Operation("GET", "allocations/"),
    "allocations_retrieve": Operation("GET", "allocations/{}/", of("held"), SEE_MATCH),
    "planned_facilities_list": Operation("GET", "planned-facilities/"),
    "planned_facilities_retrieve": Operation("GET", "planned-facilities/{}/", of("facility")),
    "planned_facilities_create": Operation(
        "POST", "planned-facilities/", body(lambda world: {
            "owner": "metro", "code": "M8", "name": "Line 8", "facility_type": "subway", "region": "420102",
            "place": {"type": "LineString", "coordinates": [[114.3, 30.6], [114.32, 30.62]]},
            "request_by": "2027-06-30", "opens_on": "2031-01-01",
        }), people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "planned_facilities_partial_update": Operation(
        "PATCH", "planned-facilities/{}/", of("facility", {"stage": "design"}), people("owner", roles=EDITORS), MEMBERS
    ),
    "planned_facilities_destroy": Operation(
        "DELETE", "planned-facilities/{}/", of("facility"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "terrain_areas_list": Operation("GET", "terrain-areas/"),
    "terrain_areas_retrieve": Operation("GET", "terrain-areas/{}/", of("terrain")),
    "terrain_areas_create": Operation(
        "POST", "terrain-areas/", body(lambda world: {
            "owner": "metro", "code": "HILL", "name": "珞珈山", "terrain_class": "mountain",
            "place": {"type": "Polygon", "coordinates": [
                [[114.36, 30.53], [114.37, 30.53], [114.37, 30.54], [114.36, 30.53]],
            ]},
        }), people("owner", roles=EDITORS), MEMBERS, 201,
    ),
    "terrain_areas_partial_update": Operation(
        "PATCH", "terrain-areas/{}/", of("terrain", {"terrain_class": "rock"}), people("owner", roles=EDITORS), MEMBERS
    ),
    "terrain_areas_destroy": Operation(
        "DELETE", "terrain-areas/{}/", of("terrain"), people("owner", roles=EDITORS), MEMBERS, 204
    ),
    "changes_list": Operation("GET", "changes/"),
    "changes_retrieve": Operation("GET", "changes/{}/", of("change"), OWNER | HERE),
    "disclosures_list": Operation("GET", "disclosures/"),
    "disclosures_retrieve": Operation("GET", "disclosures/{}/", of("disclosure"), SEE_MATCH),
    "sights_list": Operation("GET", "sights/"),
    "sights_retrieve": Operation("GET", "sights/{}/", of("sight"), OWNER | HERE),
    "exports_list": Operation("GET", "exports/"),
    "exports_retrieve": Operation(
        "GET", "exports/{}/", of("taken"), people("owner", roles=MANAGERS) | people("owner", roles=("viewer",)) | HERE
    ),
    "export_jobs_list": Operation("GET", "export-jobs/"),
    "export_jobs_retrieve": Operation("GET", "export-jobs/{}/", of("export"), people("owner", roles=MANAGERS)),
    "export_jobs_file": Operation("GET", "export-jobs/{}/file/", of("export"), people("owner", roles=MANAGERS)),
    "export_jobs_create": Operation(
        "POST", "export-jobs/", body(lambda world: {
            "resource": "assets", "format": "gpkg", "parameters": {"kind": "tower", "crs": "EPSG:4490"},
        }), status=202,
    ),
    "place_grants_list": Operation("GET", "place-grants/"),
    "place_grants_retrieve": Operation("GET", "place-grants/{}/", of("grant"), SEE_GRANT),
    "place_grants_create": Operation(
        "POST", "place-grants/", body(lambda world: {
            "organization": "other-party", "region": "420100", "starts_on": str(timezone.localdate()),
            "ends_on": str(timezone.localdate() + timedelta(days=30)), "reason": "Survey of flood defences",
        }), REGULATING, MEMBERS, 201,
    ),
    "place_grants_withdraw": Operation(
        "POST", "place-grants/{}/withdraw/", of("grant"), REGULATING, SEE_GRANT
    ),
    "memberships_list": Operation("GET", "memberships/"),
    "memberships_retrieve": Operation("GET", "memberships/{}/", of("drafting"), OWNER),
    "memberships_partial_update": Operation(
        "PATCH", "memberships/{}/", of("drafting", {"role": "manager"}), OWNER_MANAGER, OWNER
    ),
    "memberships_destroy": Operation("DELETE", "memberships/{}/", of("drafting"), OWNER_MANAGER, OWNER, 204),
    "invitations_list": Operation("GET", "invitations/"),
    "invitations_retrieve": Operation("GET", "invitations/{}/", of("invitation"), OWNER_MANAGER),
    "invitations_create": Operation(
        "POST", "invitations/", body(lambda world: {
            "organization": "metro", "email": "new@metro.example", "role": "viewer",
        }), OWNER_MANAGER, MEMBERS, 201,
    ),
    "invitations_destroy": Operation("DELETE", "invitations/{}/", of("invitation"), OWNER_MANAGER, status=204),
    "tokens_list": Operation("GET", "tokens/"),
    "tokens_retrieve": Operation("GET", "tokens/{}/", of("token"), people("owner", roles=MANAGERS)),
    "tokens_create": Operation("POST", "tokens/", token_body, status=201),
    "tokens_destroy": Operation("DELETE", "tokens/{}/", of("token"), people("owner", roles=MANAGERS), status=204),
    "caller_retrieve": Operation("GET", "me/"),
    "caller_partial_update": Operation(
        "PATCH", "me/", body(lambda world: {"language": "zh-hans", "time_zone": "Asia/Shanghai"})
    ),
}  # fmt: skip
