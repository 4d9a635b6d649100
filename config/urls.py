from django.contrib import admin
from django.urls import include, path

from registry.api import documents
from registry.api.urls import urlpatterns as registry_api
from registry.ogc import catalog
from registry.ogc.urls import addresses
from registry.tiles.urls import urlpatterns as tiles
from sharing.api.urls import urlpatterns as sharing_api
from sharing.ogc import demands

api = [*documents.urlpatterns, *registry_api, *sharing_api, documents.nothing_else]
ogc = [*addresses([*catalog.COLLECTIONS, *demands.COLLECTIONS]), *tiles, documents.nothing_else]

urlpatterns = [path("admin/", admin.site.urls), path("api/v1/", include(api)), path("ogc/", include(ogc))]
