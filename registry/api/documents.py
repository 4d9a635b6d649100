"""The API's own description: the OpenAPI document, and a page to read and try it, from local files."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import URLPattern, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from registry.api.problems import Problem
from registry.api.views import Api


class NoSuchAddress(Api):
    """Every address that is none of the API's."""

    noun = nouns = "address"
    schema = None
    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Before anyone is asked who they are."""
        raise Problem("not_seen")


class Description(Api):
    """Open to everyone: it says what the API is, and nothing of what is in it."""

    noun = nouns = "description"
    schema = None
    authentication_classes = ()
    permission_classes = ()


class SchemaView(Description, SpectacularAPIView):
    """The OpenAPI document, in YAML or JSON."""

    renderer_classes = SpectacularAPIView.renderer_classes


class DocsView(Description, SpectacularSwaggerSplitView):
    """A page to read and try the API."""

    renderer_classes = SpectacularSwaggerSplitView.renderer_classes


urlpatterns: list[URLPattern] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    # Swagger UI writes styles into its page.
    path("docs/", csp_update({"style-src": [UNSAFE_INLINE]})(DocsView.as_view(url_name="schema")), name="docs"),
]
nothing_else = re_path("^", NoSuchAddress.as_view(), name="no-such-address")
