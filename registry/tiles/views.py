"""OGC API – Tiles (OGC 20-057) of the catalog: lists of tilesets, their metadata, and tiles."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import etags
from registry.api.problems import Problem
from registry.api.renderers import JSONRenderer
from registry.ogc.catalog import ABOUT
from registry.ogc.rendering import JSON
from registry.ogc.views import Public, Resource
from registry.tiles import documents, parameters, versions
from registry.tiles.collections import COLLECTIONS
from registry.tiles.tile import content
from registry.tiles.viewer import Viewer


class TileRenderer(BaseRenderer):
    """Tiles come as bytes, and pass as they are."""

    media_type = documents.MVT
    format = "mvt"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return data


class OfTiles(Resource):
    def checked(self, collection: str | None, tile_matrix_set: str = documents.QUAD) -> None:
        """Raises the problem 404 where there is no such collection or tile matrix set."""
        if (collection and collection not in COLLECTIONS) or tile_matrix_set != documents.QUAD:
            raise Problem("not_seen")

    def base(self, collection: str | None) -> str:
        """The address of the dataset, or of the collection."""
        root = self.address("landing").rstrip("/")
        return self.address("collection", collection) if collection else root


class Document(Public, OfTiles):
    renderer_classes = (JSONRenderer,)

    def title(self, collection: str | None) -> str:
        return str(ABOUT[COLLECTIONS[collection]][1]) if collection else _("All assets")


class TileMatrixSetsView(Document):
    def get(self, request: Request) -> Response:
        link = {"rel": "self", "href": self.address("tile-matrix-set", documents.QUAD), "type": JSON}
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


class TileView(OfTiles):
    """A tile as the viewer may see it, kept by their own browser at most, and asked for anew by its tag; by no browser
    where it can hold what is protected."""

    renderer_classes = (TileRenderer,)

    def get(
        self, request: Request, tile_matrix_set: str, zoom: str, row: str, column: str, collection: str | None = None
    ) -> HttpResponse:
        self.checked(collection, tile_matrix_set)
        tile = parameters.tile(zoom, row, column)
        selection = parameters.selection(request.query_params, collection, tile)
        viewer = Viewer(self.user)
        tag, assets, may_be_exact = versions.standing(tile, selection, viewer)
        kept = "no-store" if may_be_exact else "private, no-cache"
        headers = {"ETag": tag, "Cache-Control": kept, "Vary": "Authorization, Cookie"}
        if etags.is_known(request, tag):
            return HttpResponse(status=304, headers=headers)
        made = content(tile, selection, viewer, assets)
        return HttpResponse(made, status=200 if made else 204, headers=headers, content_type=documents.MVT)
