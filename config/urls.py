from django.contrib import admin
from django.urls import include, path

from registry.api import documents
from registry.api.urls import urlpatterns as registry_api
from registry.tiles.urls import urlpatterns as tiles
from sharing.api.urls import urlpatterns as sharing_api

api = [*documents.urlpatterns, *registry_api, *sharing_api, documents.nothing_else]
ogc = [*tiles, documents.nothing_else]

urlpatterns = [path("admin/", admin.site.urls), path("api/v1/", include(api)), path("ogc/", include(ogc))]
