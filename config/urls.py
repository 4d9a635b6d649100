from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from config import well_known
from registry.api import documents
from registry.api.urls import urlpatterns as registry_api
from registry.ogc import catalog
from registry.ogc.rendering import JSON
from registry.ogc.service import Block, Link
from registry.ogc.urls import addresses
from registry.tiles import documents as tile_documents
from registry.tiles.collections import COLLECTIONS as TILED_COLLECTIONS
from registry.tiles.urls import urlpatterns as tiles
from registry.web.account.urls import urlpatterns as account_pages
from registry.web.urls import urlpatterns as registry_pages
from sharing.api.urls import urlpatterns as sharing_api
from sharing.ogc import demands
from sharing.web import health, metrics, refusals
from sharing.web.urls import urlpatterns as sharing_pages

api = [*documents.urlpatterns, *registry_api, *sharing_api, documents.nothing_else]
tilesets = Link(tile_documents.TILESETS, "/tiles", JSON, _("Vector tiles"))
matrices = Link(tile_documents.TILING_SCHEMES, "/tileMatrixSets", JSON, _("The tile matrix sets"))
tiles_beside = Block(tile_documents.CONFORMANCE, (tilesets, matrices), dict.fromkeys(TILED_COLLECTIONS, (tilesets,)))
ogc = [*addresses([*catalog.COLLECTIONS, *demands.COLLECTIONS], tiles_beside), *tiles, documents.nothing_else]

pages = [*registry_pages, *sharing_pages]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(api)),
    path("ogc/", include(ogc)),
    path("health/live/", health.live, name="live"),
    path("health/ready/", health.ready, name="ready"),
    path("health/work/", health.work, name="work"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("robots.txt", well_known.robots, name="robots"),
    path(".well-known/security.txt", well_known.security, name="security"),
    path("account/", include(account_pages)),
    path("", include((pages, "web"))),
]
handler400 = refusals.bad_request
handler403 = refusals.forbidden
handler404 = refusals.not_found
# Called by django-allauth.
handler429 = refusals.too_many
