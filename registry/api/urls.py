from django.urls import path
from rest_framework.routers import SimpleRouter

from registry.api.allocation import AllocationResource
from registry.api.api_token import TokenResource
from registry.api.asset import AssetResource
from registry.api.export_job import ExportJobResource
from registry.api.me import MeView
from registry.api.organization import OrganizationResource
from registry.api.planned_facility import FacilityResource
from registry.api.region import RegionResource

router = SimpleRouter(use_regex_path=False)
router.register("regions", RegionResource, "region")
router.register("organizations", OrganizationResource, "organization")
router.register("assets", AssetResource, "asset")
router.register("allocations", AllocationResource, "allocation")
router.register("planned-facilities", FacilityResource, "planned-facility")
router.register("export-jobs", ExportJobResource, "export-job")
router.register("tokens", TokenResource, "token")

urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]
