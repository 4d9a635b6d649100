"""What can be had here: landing page, conformance, the collections, and by what each can be filtered."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.renderers import JSONRenderer
from registry.ogc import openapi
from registry.ogc.collection import PLACE, Collection
from registry.ogc.crs import CRS84, SYSTEMS
from registry.ogc.rendering import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, HTMLRenderer, OpenAPIRenderer, SchemaRenderer
from registry.ogc.views import Public, link

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


class LandingView(Public):
    template = "registry/ogc/landing.html"

    def get(self, request: Request) -> Response:
        api, conformance, collections = (self.address(name) for name in ("api", "conformance", "collections"))
        links = [
            link("service-desc", f"{api}?f=json", OPENAPI, _("Description of this API (OpenAPI 3.0)")),
            link("service-doc", f"{api}?f=html", HTML, _("Description of this API, to read")),
            link("conformance", f"{conformance}?f=json", JSON, _("The standards that this API follows")),
            link("data", f"{collections}?f=json", JSON, _("The collections")),
            link("data", f"{collections}?f=html", HTML, _("The collections, to read")),
            *self.more(self.service.links, self.address("landing")),
        ]
        title = _("Infrashare: one map")
        about = _("Towers, ducts, fibers and equipment rooms that one industry opens to another, by open standards.")
        return Response({"title": title, "description": about, "links": [*self.links(), *links]})


class ConformanceView(Public):
    template = "registry/ogc/conformance.html"

    def get(self, request: Request) -> Response:
        return Response({"conformsTo": self.service.conforms_to, "links": self.links()})


class Described(Public):
    def described(self, collection: Collection) -> dict[str, Any]:
        """What there is to know of a collection beside its features."""
        address = self.address("collection", collection.id)
        items, queryables, schema = (self.address(name, collection.id) for name in ("items", "queryables", "schema"))
        return {
            "id": collection.id,
            "title": str(collection.title),
            "description": str(collection.description),
            "itemType": "feature",
            # The whole Earth and all time: a narrower box would tell where protected places are.
            "extent": {
                "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": CRS84.uri},
                "temporal": {
                    "interval": [[None, None]],
                    "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
                },
            },
            "crs": list(SYSTEMS),
            "storageCrs": CRS84.uri,
            "links": [
                link("self", f"{address}?f=json", JSON, _("This collection")),
                link("alternate", f"{address}?f=html", HTML, _("This collection, to read")),
                link("items", f"{items}?f=json", GEOJSON, _("The features")),
                link("items", f"{items}?f=html", HTML, _("The features, to read")),
                link(QUERYABLES, f"{queryables}?f=json", SCHEMA, _("What features can be filtered by")),
                # Spelt as GDAL 3.6 knows it; case makes no difference (RFC 8288, 2.1.1).
                link("describedBy", schema, SCHEMA, _("What a feature is made of")),
                *self.more(self.service.links_of(collection.id), address),
            ],
        }


class CollectionsView(Described):
    template = "registry/ogc/collections.html"

    def get(self, request: Request) -> Response:
        all_of_them = [self.described(collection) for collection in self.service.all_collections]
        return Response({"links": self.links(), "crs": list(SYSTEMS), "collections": all_of_them})


class CollectionView(Described):
    template = "registry/ogc/collection.html"

    def get(self, request: Request, collection: str) -> Response:
        described = self.described(self.collection(collection))
        own = [one for one in described["links"] if one["rel"] not in ("self", "alternate")]
        return Response({**described, "links": [*self.links(), *own]})


class QueryablesView(Public):
    renderer_classes = (SchemaRenderer, JSONRenderer, HTMLRenderer)
    template = "registry/ogc/queryables.html"

    def get(self, request: Request, collection: str) -> Response:
        return Response(queryables(self.collection(collection), self.address("queryables", collection)))

    def page(self, data: Any) -> dict[str, Any]:
        known = self.collection(self.kwargs["collection"])
        return {"known": [(column.name, column.schema(), column.values) for column in known.columns]}


class SchemaView(Public):
    """What a feature is made of, so that clients need not guess the types of columns from the first page."""

    renderer_classes = (SchemaRenderer, JSONRenderer)

    def get(self, request: Request, collection: str) -> Response:
        return Response(schema(self.collection(collection), self.address("schema", collection)))


class ApiView(Public):
    renderer_classes = (OpenAPIRenderer, JSONRenderer, HTMLRenderer)
    template = "registry/ogc/api.html"

    def get(self, request: Request) -> Response:
        document = openapi.document(self.service, self.address("landing").rstrip("/"))
        chosen = request.accepted_renderer
        return Response(document, content_type=OPENAPI if isinstance(chosen, OpenAPIRenderer) else None)

    def page(self, data: Any) -> dict[str, Any]:
        reads = [(address, path["get"]) for address, path in data["paths"].items()]
        return {"operations": [(address, get["summary"], _names(get)) for address, get in reads]}


def _names(operation: dict[str, Any]) -> list[str]:
    """Of an operation's parameters."""
    return [known.get("name") or known["$ref"].rpartition("/")[2] for known in operation["parameters"]]


def queryables(collection: Collection, address: str) -> dict[str, Any]:
    """The JSON Schema of what filters can name (19-079r2, 6.2)."""
    place = {
        "title": _("Place, as far as you may know it"),
        "format": f"geometry-{collection.geometry}",
        "x-ogc-role": "primary-geometry",
    }
    properties = {PLACE: place, **{name: known.schema() for name, known in collection.properties.items()}}
    return {**_about(collection, address), "properties": properties, "additionalProperties": False}


def schema(collection: Collection, address: str) -> dict[str, Any]:
    """The JSON Schema of a feature; what nobody knows, or the viewer is not told, is null."""
    properties = {name: known.schema() for name, known in collection.properties.items()}
    return {
        **_about(collection, address),
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer"},
            "geometry": {"type": "object"},
            "properties": {"type": "object", "properties": properties},
        },
    }


def _about(collection: Collection, address: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": str(collection.title),
        "description": str(collection.description),
    }
