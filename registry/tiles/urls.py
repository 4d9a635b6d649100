from django.urls import URLPattern, path

from registry.tiles.views import TileMatrixSetsView, TileMatrixSetView, TilesetsView, TilesetView, TileView

TILE = "tiles/<str:tile_matrix_set>/<str:zoom>/<str:row>/<str:column>"
COLLECTION = "collections/<str:collection>/"

urlpatterns: list[URLPattern] = [
    path("tileMatrixSets", TileMatrixSetsView.as_view(), name="ogc-tile-matrix-sets"),
    path("tileMatrixSets/<str:tile_matrix_set>", TileMatrixSetView.as_view(), name="ogc-tile-matrix-set"),
    path("tiles", TilesetsView.as_view(), name="ogc-tilesets"),
    path("tiles/<str:tile_matrix_set>", TilesetView.as_view(), name="ogc-tileset"),
    path(TILE, TileView.as_view(), name="ogc-tile"),
    path(COLLECTION + "tiles", TilesetsView.as_view(), name="ogc-collection-tilesets"),
    path(COLLECTION + "tiles/<str:tile_matrix_set>", TilesetView.as_view(), name="ogc-collection-tileset"),
    path(COLLECTION + TILE, TileView.as_view(), name="ogc-collection-tile"),
]
