from django.urls import URLPattern, path

from registry.web.language import language

urlpatterns: list[URLPattern] = [
    path("language/", language, name="language"),
]
