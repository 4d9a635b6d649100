from django.urls import URLPattern, path

from sharing.web import (
    agreements,
    audit,
    cobuild,
    consents,
    inbox,
    letters,
    mail_settings,
    monitoring,
    reports,
    samples,
    webhooks,
)
from sharing.web.assets import asset
from sharing.web.consents_many import consent_many
from sharing.web.demand_files import paste, rejects, template, upload, upload_job, upload_new
from sharing.web.demand_list import demand_list, near, progress, request_many
from sharing.web.demand_lists import demand_lists, list_do, new_list, rename
from sharing.web.demands import check, demand, edit_demand, new_demand, remove_demand
from sharing.web.home import home
from sharing.web.list_print import printed_list
from sharing.web.matches import match, match_do, match_list
from sharing.web.runs import compare, try_change
from sharing.web.search import search

urlpatterns: list[URLPattern] = [
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.create, name="webhook-new"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/<slug:act>/", webhooks.do, name="webhook-do"),
    path("webhook-deliveries/<int:pk>/replay/", webhooks.replay, name="webhook-replay"),
    path("", home, name="home"),
    path("assets/<int:id>/", asset, name="asset"),
    path("lists/", demand_lists, name="demand-lists"),
    path("lists/new/", new_list, name="demand-list-new"),
    path("lists/upload/", upload_new, name="demand-list-upload"),
    path("lists/uploads/<int:pk>/", upload_job, name="demand-upload-job"),
    path("lists/uploads/<int:pk>/rejects/", rejects, name="demand-upload-rejects"),
    path("lists/template.xlsx", template, {"suffix": "xlsx"}, name="demand-template-xlsx"),
    path("lists/template.csv", template, {"suffix": "csv"}, name="demand-template-csv"),
    path("lists/<int:pk>/", demand_list, name="demand-list"),
    path("lists/<int:pk>/title/", rename, name="demand-list-rename"),
    path("lists/<int:pk>/do/<slug:verb>/", list_do, name="demand-list-do"),
    path("lists/<int:pk>/near/", near, name="demand-list-near"),
    path("lists/<int:pk>/progress/", progress, name="demand-list-progress"),
    path("lists/<int:pk>/request/", request_many, name="demand-list-request"),
    path("lists/<int:pk>/compare/", compare, name="demand-list-compare"),
    path("lists/<int:pk>/print/", printed_list, name="demand-list-print"),
    path("lists/<int:pk>/upload/", upload, name="demand-upload"),
    path("lists/<int:pk>/paste/", paste, name="demand-paste"),
    path("lists/<int:pk>/new/<slug:kind>/", new_demand, name="demand-new"),
    path("lists/<int:pk>/check/<slug:kind>/", check, name="demand-check"),
    path("demands/<int:pk>/", demand, name="demand"),
    path("demands/<int:pk>/change/", edit_demand, name="demand-change"),
    path("demands/<int:pk>/remove/", remove_demand, name="demand-remove"),
    path("demands/<int:pk>/try/", try_change, name="demand-try"),
    path("matches/", match_list, name="matches"),
    path("matches/<int:pk>/", match, name="match"),
    path("matches/<int:pk>/do/<slug:verb>/", match_do, name="match-do"),
    path("consents/", consents.consent_list, name="consents"),
    path("consents/many/<slug:verb>/", consent_many, name="consents-many"),
    path("consents/<int:pk>/", consents.consent, name="consent"),
    path("consents/<int:pk>/do/<slug:verb>/", consents.consent_do, name="consent-do"),
    path("agreements/", agreements.agreement_list, name="agreements"),
    path("agreements/<int:pk>/", agreements.agreement, name="agreement"),
    path("agreements/<int:pk>/do/<slug:verb>/", agreements.agreement_do, name="agreement-do"),
    path("cobuild/", cobuild.group_list, name="cobuild-groups"),
    path("cobuild/<int:pk>/", cobuild.group, name="cobuild-group"),
    path("cobuild/<int:pk>/do/<slug:verb>/", cobuild.group_do, name="cobuild-group-do"),
    path("search/", search, name="search"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/settings/", mail_settings.mail_settings, name="inbox-settings"),
    path("inbox/read/", inbox.inbox_mark_all, name="inbox-mark-all"),
    path("inbox/<int:pk>/open/", inbox.inbox_open, name="inbox-open"),
    path("inbox/<int:pk>/mark/", inbox.inbox_mark, name="inbox-mark"),
    path("monitoring/", monitoring.overview, name="monitoring"),
    path("monitoring/audit/", audit.audit, name="audit"),
    path("monitoring/audit.<slug:form>", audit.audit_file, name="audit-file"),
    path("matches/<int:pk>/letter-<slug:language>.pdf", letters.decision_letter, name="match-letter"),
    path("monitoring/reports/", reports.report_list, name="reports"),
    path("monitoring/reports/<int:pk>/", reports.report, name="report"),
    path("monitoring/reports/<int:pk>.<slug:form>", reports.report_file, name="report-file"),
    path("monitoring/samples/", samples.sample_list, name="samples"),
    path("monitoring/samples/<int:pk>/", samples.sample, name="sample"),
    path("monitoring/samples/<int:pk>.<slug:form>", samples.sample_file, name="sample-file"),
    path("monitoring/<slug:code>/", monitoring.indicator, name="indicator"),
    path("monitoring/<slug:code>/rows/", monitoring.indicator_rows, name="indicator-rows"),
    path("monitoring/<slug:code>/rows.<slug:form>", monitoring.indicator_rows_file, name="indicator-rows-file"),
    path("monitoring/<slug:code>/by-<slug:by>.<slug:form>", monitoring.indicator_file, name="indicator-file"),
]
