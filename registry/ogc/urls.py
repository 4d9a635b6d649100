from collections.abc import Sequence

from django.urls import URLPattern, path

from registry.ogc.collection import Collection
from registry.ogc.conformance import FEATURES
from registry.ogc.items import ItemsView, ItemView
from registry.ogc.pages import (
    ApiView,
    CollectionsView,
    CollectionView,
    ConformanceView,
    LandingView,
    QueryablesView,
    SchemaView,
)  # fmt: skip
from registry.ogc.service import Block, Service


def addresses(collections: Sequence[Collection], *blocks: Block) -> list[URLPattern]:
    """The addresses below /ogc/ for these collections. blocks: what else is served there by addresses of its own."""
    service = Service(tuple(collections), (FEATURES, *blocks))
    views = {
        "": (LandingView, "landing"),
        "api": (ApiView, "api"),
        "conformance": (ConformanceView, "conformance"),
        "collections": (CollectionsView, "collections"),
        "collections/<str:collection>": (CollectionView, "collection"),
        "collections/<str:collection>/queryables": (QueryablesView, "queryables"),
        "collections/<str:collection>/schema": (SchemaView, "schema"),
        "collections/<str:collection>/items": (ItemsView, "items"),
        "collections/<str:collection>/items/<int:feature>": (ItemView, "item"),
    }
    return [
        path(address, view.as_view(service=service), name=f"ogc-{name}") for address, (view, name) in views.items()
    ]
