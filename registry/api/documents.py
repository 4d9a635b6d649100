"""The API's own description: the OpenAPI document, and a page to read and try it, from local files."""

from functools import cache
from typing import Any

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse
from django.urls import URLPattern, path, re_path
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.problems import Problem
from registry.api.serializers import Body
from registry.api.views import Api, content_type


class NoSuchAddress(Api):
    """Every address that is none of the API's."""

    noun = nouns = "address"
    schema = None
    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Before anyone is asked who they are."""
        raise Problem("not_seen")


class Description(Api):
    """Open to everyone: it says what the API is, and nothing of what is in it. Calls count for who signs in."""

    noun = nouns = "description"
    schema = None
    permission_classes = ()


class LanguageAsked(Body):
    lang = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class SchemaView(Description):
    """The OpenAPI document, in YAML or JSON."""

    renderer_classes = SpectacularAPIView.renderer_classes

    def get(self, request: Request) -> HttpResponse:
        language = self.asked(LanguageAsked).get("lang") or translation.get_language() or settings.LANGUAGE_CODE
        renderer: Any = request.accepted_renderer
        headers = {"Content-Disposition": f'inline; filename="Infrashare.{renderer.format}"'}
        made = document(language, renderer.format)
        return HttpResponse(made, content_type=content_type(renderer), headers=headers)


# Under several media types each.
WRITERS = {"yaml": OpenApiYamlRenderer(), "json": OpenApiJsonRenderer()}


@cache
def document(language: str, format: str) -> str | bytes:
    """Made once a process: seconds of work, of the code and its translations alone."""
    with translation.override(language):
        made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return WRITERS[format].render(made, renderer_context={})


class DocsView(Description, SpectacularSwaggerSplitView):
    """A page to read and try the API."""

    renderer_classes = SpectacularSwaggerSplitView.renderer_classes


urlpatterns: list[URLPattern] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    # Swagger UI writes styles into its page.
    path("docs/", csp_update({"style-src": [UNSAFE_INLINE]})(DocsView.as_view(url_name="schema")), name="docs"),
]
nothing_else = re_path("^", NoSuchAddress.as_view(), name="no-such-address")
