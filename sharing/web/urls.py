from django.urls import URLPattern, path

from sharing.web.home import home

urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
]
