from django.urls import URLPattern, path

from registry.web.account.profile import account
from registry.web.assets import asset_places, assets
from registry.web.language import language

urlpatterns: list[URLPattern] = [
    path("account/", account, name="account"),
    path("assets/", assets, name="assets"),
    path("assets/places/", asset_places, name="asset-places"),
    path("language/", language, name="language"),
]
