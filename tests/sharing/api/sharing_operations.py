"""Every operation on what happens to it, with who may do it."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from sharing.models import Outcome
from tests import factories
from tests.sharing.api.operation import Operation, at, body, of
from tests.sharing.api.roles import (
    EDITORS,
    HERE,
    MANAGERS,
    MEMBERS,
    OFFICE,
    OWNER,
    OWNER_MANAGER,
    PARTY,
    REGULATING,
    SEE_LIST,
    SEE_MATCH,
    people,
)
from tests.sharing.api.world import World

END = {"reason": "Line rebuilt"}
REASON = {"reason": "planning"}


def approval(world: World) -> Any:
    shown = world.fingerprint()
    return (shown["id"],), {"fingerprint": shown["fingerprint"]}


def of_failed(world: World) -> Any:
    """The endpoint, and since when to replay what failed there."""
    delivery = world.delivery()
    return (world.endpoint.pk,), {"since": (delivery.created_at - timedelta(hours=1)).isoformat()}


def file_of_assets(world: World) -> Any:
    content = b"code,lon,lat,height_m\nT-1,114.31,30.59,35\n"
    return (), {"file": SimpleUploadedFile("towers.csv", content), "owner": "metro", "kind": "tower"}


def file_of_demands(world: World) -> Any:
    content = b"name,kind,lon,lat,radius,start\nS-1,tower,114.31,30.59,500,2027-01-01\n"
    return (), {"file": SimpleUploadedFile("sites.csv", content), "party": "telco", "title": "2027"}


def what_if(world: World) -> Any:
    """A draft's line that only an added asset, or a wider circle, would meet."""
    factories.asset(world.metro, at=(114.3155, 30.5928), code="ASIDE")
    factories.demand(world.draft, at=(114.3255, 30.5928), radius_m=300.0)
    return (world.draft.pk,), {
        "lines": [{"lines": [2], "radius_m": 1200.0, "budget_times": 1.5, "later_days": 30}],
        "prices": [{"owner": "metro", "times": 0.9}],
        "assets": [{
            "kind": "tower", "place": {"type": "Point", "coordinates": [114.3256, 30.5928]}, "capacity": 3,
            "price_per_unit_year": 100.0, "details": {"structure_type": "monopole", "height_m": 30.0},
        }],
        "route_terms": {"duct": {"max_gap_share": 0.5, "terrain_cost_per_m": {"water": 150.0}}},
    }  # fmt: skip


def two_runs(world: World) -> Any:
    later = factories.match_run(world.list)
    factories.match(world.demand, [world.far], run=later, cost_per_year=2500)
    Outcome.objects.create(run=later, demand=world.demand, met=True)
    return (world.match.run_id, later.pk), None


OF_SHARING: dict[str, Operation] = {
    "demand_lists_list": Operation("GET", "demand-lists/"),
    "demand_lists_retrieve": Operation("GET", "demand-lists/{}/", of("draft"), PARTY),
    "demand_lists_create": Operation(
        "POST", "demand-lists/", body(lambda world: {"party": "telco", "title": "5G 2027"}),
        people("party", roles=EDITORS), MEMBERS, 201,
    ),
    "demand_lists_partial_update": Operation(
        "PATCH", "demand-lists/{}/", of("draft", {"title": "5G 2028"}), people("party", roles=EDITORS), PARTY
    ),
    "demand_lists_demands": Operation(
        "POST", "demand-lists/{}/demands/", lambda world: ((world.draft.pk,), [world.line_of()]),
        people("party", roles=EDITORS), PARTY, 201,
    ),
    "demand_lists_check": Operation(
        "POST", "demand-lists/{}/check/", lambda world: ((world.draft.pk,), [world.line_of()]), PARTY
    ),
    "demand_lists_submit": Operation(
        "POST", "demand-lists/{}/submit/", of("draft"), people("party", roles=EDITORS), PARTY, 202
    ),
    "demand_lists_rematch": Operation(
        "POST", "demand-lists/{}/rematch/", of("list"), people("party", roles=EDITORS), SEE_LIST, 202
    ),
    "demand_lists_what_if": Operation(
        "POST", "demand-lists/{}/what-if/", what_if, people("party", roles=EDITORS), PARTY
    ),
    "demand_lists_print": Operation("GET", "demand-lists/{}/print/", of("list"), SEE_LIST),
    "demand_lists_reopen": Operation(
        "POST", "demand-lists/{}/reopen/", of("list"), people("party", roles=EDITORS), SEE_LIST
    ),
    "demand_lists_close": Operation(
        "POST", "demand-lists/{}/close/", of("list"), people("party", roles=EDITORS), SEE_LIST
    ),
    "demands_list": Operation("GET", "demands/"),
    "demands_retrieve": Operation("GET", "demands/{}/", of("line"), PARTY),
    "demands_partial_update": Operation(
        "PATCH", "demands/{}/", of("line", {"quantity": 3}), people("party", roles=EDITORS), PARTY
    ),
    "demands_destroy": Operation(
        "DELETE", "demands/{}/", of("line"), people("party", roles=EDITORS), PARTY, 204
    ),
    "match_runs_list": Operation("GET", "match-runs/"),
    "match_runs_retrieve": Operation("GET", "match-runs/{}/", lambda world: ((world.match.run_id,), None), SEE_LIST),
    "match_runs_compare": Operation("GET", "match-runs/{}/compare/{}/", two_runs, PARTY, SEE_LIST),
    "outcomes_list": Operation("GET", "outcomes/"),
    "outcomes_retrieve": Operation("GET", "outcomes/{}/", of("outcome"), SEE_LIST),
    "matches_list": Operation("GET", "matches/"),
    "matches_retrieve": Operation("GET", "matches/{}/", of("requested"), SEE_MATCH),
    "matches_request": Operation(
        "POST", "matches/{}/request/", of("match"), people("party", roles=MANAGERS), PARTY
    ),
    "matches_withdraw": Operation(
        "POST", "matches/{}/withdraw/", of("requested"), people("party", roles=MANAGERS), SEE_MATCH
    ),
    "matches_approve": Operation(
        "POST", "matches/{}/approve/", approval, people("here", "above", roles=MANAGERS), SEE_MATCH
    ),
    "matches_reject": Operation(
        "POST", "matches/{}/reject/", of("consented", REASON), people("here", "above", roles=MANAGERS), SEE_MATCH
    ),
    "matches_request_many": Operation(
        "POST", "matches/request/", body(lambda world: {"matches": [world.match.pk]})
    ),
    "matches_approve_many": Operation(
        "POST", "matches/approve/", body(lambda world: {"matches": [world.fingerprint()]})
    ),
    "matches_reject_many": Operation(
        "POST", "matches/reject/", body(lambda world: {"matches": [world.consented().pk], **REASON})
    ),
    "matches_assign": Operation(
        "POST", "matches/{}/assign/", of("consented", {"to": None}), REGULATING, SEE_MATCH
    ),
    "matches_assign_many": Operation(
        "POST", "matches/assign/", body(lambda world: {"matches": [world.consented().pk], "to": None})
    ),
    "matches_workload": Operation("GET", "matches/workload/"),
    "matches_letter": Operation(
        "GET", "matches/{}/letter/", lambda world: ((world.approved().match_id,), None), SEE_MATCH
    ),
    "consents_list": Operation("GET", "consents/"),
    "consents_retrieve": Operation("GET", "consents/{}/", of("consent"), SEE_MATCH),
    "consents_grant": Operation(
        "POST", "consents/{}/grant/", of("consent", {"conditions": "By day only."}),
        people("owner", roles=MANAGERS), SEE_MATCH,
    ),
    "consents_refuse": Operation(
        "POST",
        "consents/{}/refuse/",
        of("consent", {"reason": "no_space"}),
        people("owner", roles=MANAGERS),
        SEE_MATCH,
    ),
    "consents_grant_many": Operation(
        "POST", "consents/grant/", body(lambda world: {"consents": [world.asked()], "conditions": "By day only."})
    ),
    "consents_refuse_many": Operation(
        "POST", "consents/refuse/", body(lambda world: {"consents": [world.asked()], "reason": "no_space"})
    ),
    "agreements_list": Operation("GET", "agreements/"),
    "agreements_retrieve": Operation("GET", "agreements/{}/", of("agreement"), SEE_MATCH),
    "agreements_end": Operation(
        "POST", "agreements/{}/end/", of("agreement", END), people("party", "owner", roles=MANAGERS), SEE_MATCH
    ),
    "agreements_renew": Operation(
        "POST",
        "agreements/{}/renew/",
        of("agreement", {"until": None}),
        people("party", roles=MANAGERS),
        SEE_MATCH,
        201,
    ),
    "cobuild_groups_list": Operation("GET", "cobuild-groups/"),
    "cobuild_groups_retrieve": Operation("GET", "cobuild-groups/{}/", of("joined_group"), SEE_LIST),
    "cobuild_groups_join": Operation(
        "POST", "cobuild-groups/{}/join/", of("group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_withdraw": Operation(
        "POST", "cobuild-groups/{}/withdraw/", of("joined_group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_decline": Operation(
        "POST", "cobuild-groups/{}/decline/", of("group", {}), people("party", roles=MANAGERS), SEE_LIST
    ),
    "cobuild_groups_close": Operation(
        "POST", "cobuild-groups/{}/close/", of("agreed_group", {"reason": "built"}),
        people("party", roles=MANAGERS), SEE_LIST,
    ),
    "events_list": Operation("GET", "events/"),
    "events_retrieve": Operation("GET", "events/{}/", of("event"), SEE_MATCH),
    "notifications_list": Operation("GET", "notifications/"),
    "notifications_retrieve": Operation(
        "GET", "notifications/{}/", of("notification"), people("owner", roles=MANAGERS)
    ),
    "notifications_read": Operation(
        "POST", "notifications/{}/read/", of("notification"), people("owner", roles=MANAGERS)
    ),
    "notifications_unread": Operation(
        "POST", "notifications/{}/unread/", of("notification"), people("owner", roles=MANAGERS)
    ),
    "notifications_read_many": Operation("POST", "notifications/read/", body(lambda world: {"type": "consent.asked"})),
    "webhook_endpoints_list": Operation("GET", "webhook-endpoints/"),
    "webhook_endpoints_retrieve": Operation("GET", "webhook-endpoints/{}/", of("endpoint"), OWNER_MANAGER),
    "webhook_endpoints_create": Operation(
        "POST", "webhook-endpoints/", body(lambda world: {
            "organization": "metro", "name": "planning", "url": "https://hooks.metro.example/planning",
            "types": ["match.approved", "agreement.ended"],
        }), OWNER_MANAGER, MEMBERS, 201,
    ),
    "webhook_endpoints_partial_update": Operation(
        "PATCH", "webhook-endpoints/{}/", of("endpoint", {"types": [], "enabled": False}), OWNER_MANAGER
    ),
    "webhook_endpoints_destroy": Operation(
        "DELETE", "webhook-endpoints/{}/", of("endpoint"), OWNER_MANAGER, status=204
    ),
    "webhook_endpoints_rotate": Operation(
        "POST", "webhook-endpoints/{}/rotate/", of("endpoint", {"overlap_hours": 48}), OWNER_MANAGER
    ),
    "webhook_endpoints_test": Operation(
        "POST", "webhook-endpoints/{}/test/", of("endpoint"), OWNER_MANAGER, status=202
    ),
    "webhook_endpoints_replay": Operation(
        "POST", "webhook-endpoints/{}/replay/", of_failed, OWNER_MANAGER, status=202
    ),
    "webhook_deliveries_list": Operation("GET", "webhook-deliveries/"),
    "webhook_deliveries_retrieve": Operation("GET", "webhook-deliveries/{}/", of("delivery"), OWNER_MANAGER),
    "webhook_deliveries_replay": Operation(
        "POST", "webhook-deliveries/{}/replay/", of("delivery"), OWNER_MANAGER, status=202
    ),
    "mail_settings_retrieve": Operation("GET", "mail-settings/"),
    "mail_settings_partial_update": Operation(
        "PATCH", "mail-settings/", body(lambda world: {"timings": {"consent.due": "daily"}})
    ),
    "indicators_list": Operation("GET", "indicators/"),
    "indicators_retrieve": Operation("GET", "indicators/{}/", lambda world: (("sharing-rate",), None)),
    "indicators_rows": Operation("GET", "indicators/{}/rows/", at("sharing-rate")),
    "reports_list": Operation("GET", "reports/"),
    "reports_retrieve": Operation("GET", "reports/{}/", of("report"), OFFICE),
    "reports_create": Operation(
        "POST", "reports/", body(lambda world: {"organization": "city", "month": "2026-01"}),
        people("here", roles=EDITORS), MEMBERS, 201,
    ),
    "reports_file": Operation("GET", "reports/{}/file/", of("report"), OFFICE),
    "samples_list": Operation("GET", "samples/"),
    "samples_retrieve": Operation("GET", "samples/{}/", of("sample"), OFFICE),
    "samples_create": Operation(
        "POST", "samples/", body(lambda world: {
            "organization": "city", "frame": "assets", "size": 2, "seed": "2026-11-28", "kind": "tower",
        }), people("here", roles=EDITORS), MEMBERS, 201,
    ),
    "samples_file": Operation("GET", "samples/{}/file/", of("sample"), OFFICE),
    "inventories_list": Operation("GET", "inventories/"),
    "inventories_retrieve": Operation("GET", "inventories/{}/", of("filed"), OWNER | HERE),
    "inventories_create": Operation(
        "POST", "inventories/", body(lambda world: {"organization": world.guarded().owner.code}),
        OWNER_MANAGER, MEMBERS, 201,
    ),
    "inventories_today": Operation("GET", "inventories/today/"),
    "search_retrieve": Operation("GET", "search/", query="?q=metro"),
    "calendar_days_list": Operation("GET", "calendar-days/"),
    "calendar_days_retrieve": Operation("GET", "calendar-days/{}/", of("day")),
    "import_jobs_list": Operation("GET", "import-jobs/"),
    "import_jobs_retrieve": Operation("GET", "import-jobs/{}/", of("job"), OWNER),
    "import_jobs_rejects": Operation("GET", "import-jobs/{}/rejects/", of("job"), OWNER),
    "import_jobs_template": Operation("GET", "import-jobs/templates/{}/", at("tower")),
    "import_jobs_preview": Operation("GET", "import-jobs/{}/preview/", of("looked_into"), OWNER),
    "import_jobs_try": Operation(
        "POST", "import-jobs/{}/try/", of("tried", {"crs": "gcj02", "mapping": {"no": "code"}}), OWNER_MANAGER, OWNER,
        202,
    ),
    "import_jobs_land": Operation(
        "POST", "import-jobs/{}/land/", of("tried"), OWNER_MANAGER, OWNER, 202
    ),
    "import_jobs_undo": Operation("POST", "import-jobs/{}/undo/", of("landed"), OWNER_MANAGER, OWNER),
    "import_jobs_assets": Operation(
        "POST", "import-jobs/assets/", file_of_assets, people("owner", roles=MANAGERS), MEMBERS, 202, upload=True
    ),
    "import_jobs_demands": Operation(
        "POST", "import-jobs/demands/", file_of_demands, people("party", roles=EDITORS), MEMBERS, 202, upload=True
    ),
}  # fmt: skip
