"""JSON for programs and a page for people, of the same content, chosen by `f` or Accept."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from rest_framework.exceptions import NotAcceptable
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from registry.api import negotiation
from registry.api.renderers import JSONRenderer
from registry.ogc.parameters import FORMAT

HTML, JSON, GEOJSON = "text/html", "application/json", "application/geo+json"
OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"


class Negotiation(negotiation.Negotiation):
    """`f=json` and `f=html` whatever Accept says, which browsers do not let people choose; else Accept."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        stated = request.query_params.get(FORMAT)
        if stated is None:
            return super().select_renderer(request, renderers)
        for renderer in renderers:
            if renderer.format == stated:
                return renderer, renderer.media_type
        raise NotAcceptable


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON


class OpenAPIRenderer(JSONRenderer):
    """Chosen without the version that its media type has: Accept knows no parameter that a wildcard would cover."""

    media_type = OPENAPI.partition(";")[0]


class SchemaRenderer(JSONRenderer):
    media_type = SCHEMA


class HTMLRenderer(BaseRenderer):
    """The view's template, with what JSON would have been."""

    media_type = HTML
    format = "html"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> str:
        assert renderer_context is not None
        view, request = renderer_context["view"], renderer_context["request"]
        content = {"data": data, "json": view.address_with({FORMAT: "json"}), **view.page(data)}
        return render_to_string(view.template, content, request._request)
