from django.urls import path
from rest_framework.routers import SimpleRouter

from registry.api.allocation import AllocationResource
from registry.api.api_token import TokenResource
from registry.api.asset import AssetResource
from registry.api.change import ChangeResource
from registry.api.disclosure import DisclosureResource
from registry.api.export import ExportResource
from registry.api.export_job import ExportJobResource
from registry.api.invitation import InvitationResource
from registry.api.me import MeView
from registry.api.membership import MembershipResource
from registry.api.organization import OrganizationResource
from registry.api.place_grant import PlaceGrantResource
from registry.api.planned_facility import FacilityResource
from registry.api.region import RegionResource
from registry.api.sight import SightResource
from registry.api.terrain_area import TerrainResource

router = SimpleRouter(use_regex_path=False)
router.register("regions", RegionResource, "region")
router.register("organizations", OrganizationResource, "organization")
router.register("assets", AssetResource, "asset")
router.register("allocations", AllocationResource, "allocation")
router.register("planned-facilities", FacilityResource, "planned-facility")
router.register("terrain-areas", TerrainResource, "terrain-area")
router.register("changes", ChangeResource, "change")
router.register("disclosures", DisclosureResource, "disclosure")
router.register("sights", SightResource, "sight")
router.register("exports", ExportResource, "export")
router.register("export-jobs", ExportJobResource, "export-job")
router.register("place-grants", PlaceGrantResource, "place-grant")
router.register("memberships", MembershipResource, "membership")
router.register("invitations", InvitationResource, "invitation")
router.register("tokens", TokenResource, "token")

urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]
