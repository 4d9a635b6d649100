"""OGC API – Tiles (OGC 20-057) of the catalog: lists of tilesets, their metadata, and tiles."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAcceptable
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import etags, negotiation
from registry.api.problems import Problem
from registry.api.renderers import JSONRenderer
from registry.api.views import Api
from registry.models import User
from registry.tiles import documents, parameters, versions
from registry.tiles.collections import COLLECTIONS
from registry.tiles.tile import content
from registry.tiles.viewer import Viewer


class Negotiation(negotiation.Negotiation):
    """By `f`, as the parameter is called below /ogc/, else by Accept."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        stated = request.query_params.get(parameters.FORMAT)
        if stated is None:
            return super().select_renderer(request, renderers)
        for renderer in renderers:
            if renderer.format == stated:
                return renderer, renderer.media_type
        raise NotAcceptable


class TileRenderer(BaseRenderer):
    """Tiles come as bytes, and pass as they are."""

    media_type = documents.MVT
    format = "mvt"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return data


class Resource(Api):
    schema = None
    content_negotiation_class = Negotiation

    def checked(self, collection: str | None, tile_matrix_set: str = documents.QUAD) -> None:
        """Raises the problem 404 where there is no such collection or tile matrix set."""
        if (collection and collection not in COLLECTIONS) or tile_matrix_set != documents.QUAD:
            raise Problem("not_seen")

    def base(self, collection: str | None) -> str:
        """The address of the dataset, or of the collection."""
        lists = reverse("ogc-collection-tilesets", args=[collection]) if collection else reverse("ogc-tilesets")
        return self.request.build_absolute_uri(lists).removesuffix("/tiles")

    def address(self, name: str, *arguments: Any) -> str:
        return self.request.build_absolute_uri(reverse(f"ogc-{name}", args=arguments))


class Document(Resource):
    """Open to everyone: it says what can be had here, and nothing of what there is."""

    permission_classes: Sequence[Any] = ()
    renderer_classes = (JSONRenderer,)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        parameters.check_names(request.query_params, (parameters.FORMAT,))

    def title(self, collection: str | None) -> str:
        return str(COLLECTIONS[collection].label) if collection else _("All assets")


class TileMatrixSetsView(Document):
    def get(self, request: Request) -> Response:
        link = {"rel": "self", "href": self.address("tile-matrix-set", documents.QUAD), "type": documents.JSON}
        one = {"id": documents.QUAD, "uri": documents.QUAD_URI, "crs": documents.WEB_MERCATOR, "links": [link]}
        return Response({"tileMatrixSets": [one]})


class TileMatrixSetView(Document):
    def get(self, request: Request, tile_matrix_set: str) -> Response:
        self.checked(None, tile_matrix_set)
        return Response(documents.tile_matrix_set())


class TilesetsView(Document):
    def get(self, request: Request, collection: str | None = None) -> Response:
        self.checked(collection)
        return Response(documents.tilesets(self.base(collection), self.title(collection), self.address))


class TilesetView(Document):
    def get(self, request: Request, tile_matrix_set: str, collection: str | None = None) -> Response:
        self.checked(collection, tile_matrix_set)
        base = self.base(collection)
        return Response(documents.tileset(base, self.title(collection), collection, self.address))


class TileView(Resource):
    """A tile as the viewer may see it, kept by their own browser only, and asked for anew by its tag."""

    renderer_classes = (TileRenderer,)

    def get(
        self, request: Request, tile_matrix_set: str, zoom: str, row: str, column: str, collection: str | None = None
    ) -> HttpResponse:
        self.checked(collection, tile_matrix_set)
        tile = parameters.tile(zoom, row, column)
        selection = parameters.selection(request.query_params, collection, tile)
        user = request.user
        assert isinstance(user, User), "the permissions have let no one else in"
        viewer = Viewer(user)
        tag = versions.tag(tile, selection, viewer)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
        if etags.is_known(request, tag):
            return HttpResponse(status=304, headers=headers)
        made = content(tile, selection, viewer)
        return HttpResponse(made, status=200 if made else 204, headers=headers, content_type=documents.MVT)
