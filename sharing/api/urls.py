from django.urls import path
from rest_framework.routers import SimpleRouter

from sharing.api.agreement import AgreementResource
from sharing.api.calendar_day import DayResource
from sharing.api.cobuild_group import GroupResource
from sharing.api.consent import ConsentResource
from sharing.api.demand import DemandResource
from sharing.api.demand_list import ListResource
from sharing.api.event import EventResource
from sharing.api.import_job import ImportJobResource
from sharing.api.indicator import IndicatorRowsView, IndicatorsView, IndicatorView
from sharing.api.inventory import InventoryResource
from sharing.api.mail_settings import MailSettingsView
from sharing.api.match import MatchResource
from sharing.api.match_run import RunResource
from sharing.api.notification import NotificationResource
from sharing.api.outcome import OutcomeResource
from sharing.api.report import ReportResource
from sharing.api.sample import SampleResource
from sharing.api.search import SearchView
from sharing.api.webhook_delivery import DeliveryResource
from sharing.api.webhook_endpoint import EndpointResource

router = SimpleRouter(use_regex_path=False)
router.register("demand-lists", ListResource, "demand-list")
router.register("demands", DemandResource, "demand")
router.register("match-runs", RunResource, "match-run")
router.register("outcomes", OutcomeResource, "outcome")
router.register("matches", MatchResource, "match")
router.register("consents", ConsentResource, "consent")
router.register("agreements", AgreementResource, "agreement")
router.register("cobuild-groups", GroupResource, "cobuild-group")
router.register("events", EventResource, "event")
router.register("notifications", NotificationResource, "notification")
router.register("calendar-days", DayResource, "calendar-day")
router.register("reports", ReportResource, "report")
router.register("samples", SampleResource, "sample")
router.register("inventories", InventoryResource, "inventory")
router.register("import-jobs", ImportJobResource, "import-job")
router.register("webhook-endpoints", EndpointResource, "webhook-endpoint")
router.register("webhook-deliveries", DeliveryResource, "webhook-delivery")

urlpatterns = [
    path("search/", SearchView.as_view(), name="search"),
    path("mail-settings/", MailSettingsView.as_view(), name="mail-settings"),
    path("indicators/", IndicatorsView.as_view(), name="indicator-list"),
    path("indicators/<str:code>/", IndicatorView.as_view(), name="indicator-detail"),
    path("indicators/<str:code>/rows/", IndicatorRowsView.as_view(), name="indicator-rows"),
    *router.urls,
]
