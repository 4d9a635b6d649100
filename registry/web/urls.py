from django.urls import URLPattern, path

from registry.web.assets import assets
from registry.web.language import language

urlpatterns: list[URLPattern] = [
    path("assets/", assets, name="assets"),
    path("language/", language, name="language"),
]
