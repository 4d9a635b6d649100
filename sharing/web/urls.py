from django.urls import URLPattern, path

from sharing.web.assets import asset
from sharing.web.home import home

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("assets/<int:id>/", asset, name="asset"),
]
