"""The OpenAPI 3.0 document of /ogc/ (17-069r4, 9): each collection with parameters of its own, so that clients know
what it can be filtered by."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from registry.api.schema import PROBLEM
from registry.ogc.collection import Collection
from registry.ogc.crs import CRS84, SYSTEMS
from registry.ogc.filtering.reading import LANGUAGES, MOST_CHARACTERS, TEXT
from registry.ogc.parameters import (
    AFTER,
    BBOX,
    BBOX_CRS,
    CRS,
    DATETIME,
    DEFAULT_LIMIT,
    FILTER,
    FILTER_CRS,
    FILTER_LANG,
    FORMAT,
    LIMIT,
    MOST,
)  # fmt: skip
from registry.ogc.rendering import GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from registry.ogc.service import Service

URI = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84.uri}
FEATURE_MEMBERS = {
    "type": {"type": "string", "enum": ["Feature"]},
    "id": {"type": "integer"},
    "geometry": {"$ref": "#/components/schemas/geometry"},
    "properties": {"type": "object"},
}
OBJECT = {"type": "object"}
SCHEMAS: dict[str, Any] = {
    "link": {
        "type": "object",
        "required": ["href", "rel", "type"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
    },
    "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
    "landingPage": {
        "type": "object",
        "required": ["links"],
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "links": {"$ref": "#/components/schemas/links"},
        },
    },
    "confClasses": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
    },
    "extent": {
        "type": "object",
        "properties": {
            "spatial": {
                "type": "object",
                "properties": {
                    "bbox": {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "minItems": 4}},
                    "crs": {"type": "string"},
                },
            },
            "temporal": {
                "type": "object",
                "properties": {
                    "interval": {
                        "type": "array",
                        "items": {
                            "type": "array",
                            "minItems": 2,
                            "maxItems": 2,
                            "items": {"type": "string", "format": "date-time", "nullable": True},
                        },
                    },
                    "trs": {"type": "string"},
                },
            },
        },
    },
    "collection": {
        "type": "object",
        "required": ["id", "links"],
        "properties": {
            "id": {"type": "string"},
            "title": {"type": "string"},
            "description": {"type": "string"},
            "itemType": {"type": "string"},
            "extent": {"$ref": "#/components/schemas/extent"},
            "crs": {"type": "array", "items": {"type": "string"}},
            "storageCrs": {"type": "string"},
            "links": {"$ref": "#/components/schemas/links"},
        },
    },
    "collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": {"$ref": "#/components/schemas/links"},
            "crs": {"type": "array", "items": {"type": "string"}},
            "collections": {"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
        },
    },
    "geometry": {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "minItems": 2, "items": {}}},
    },
    "feature": {
        "type": "object",
        "required": ["type", "id", "geometry", "properties", "links"],
        "properties": {**FEATURE_MEMBERS, "links": {"$ref": "#/components/schemas/links"}},
    },
    "featureCollection": {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type", "id", "geometry", "properties"],
                    "properties": FEATURE_MEMBERS,
                },
            },
            "links": {"$ref": "#/components/schemas/links"},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    },
    "problem": {**PROBLEM, "properties": {k: v for k, v in PROBLEM["properties"].items() if k != "next_best"}},
}


def document(service: Service, root: str) -> dict[str, Any]:
    """The document of a service whose landing page is at `root`."""
    paths = {
        "/": _path("getLandingPage", _("Landing page"), JSON, "landingPage"),
        "/conformance": _path("getConformance", _("The standards that this API follows"), JSON, "confClasses"),
        "/api": _path("getApi", _("This document"), OPENAPI, OBJECT),
        "/collections": _path("getCollections", _("The collections"), JSON, "collections"),
    }
    for collection in service.all_collections:
        paths |= _of(collection)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _("Infrashare: one map"),
            "version": "1",
            "description": _(
                "OGC API – Features. Features need a sign-in: within a session of the site, or by a token of the "
                "REST API with the scope read."
            ),
        },
        "servers": [{"url": root}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "parameters": _parameters(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic", "description": _("A token as the password.")},
                "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
            },
        },
    }


def _of(collection: Collection) -> dict[str, Any]:
    """The paths of one collection."""
    root, name = f"/collections/{collection.id}", collection.id.title().replace("-", "")
    own = [
        {
            "name": known.name,
            "in": "query",
            "description": _("Only features with this value."),
            "schema": known.schema(),
            "style": "form",
            "explode": False,
        }
        for known in collection.properties.values()
        if known.is_simple
    ]
    shared = (LIMIT, AFTER, BBOX, BBOX_CRS, DATETIME, CRS, FILTER, FILTER_LANG, FILTER_CRS)
    feature_id = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
    title = str(collection.title)
    return {
        root: _path(f"get{name}", title, JSON, "collection"),
        f"{root}/queryables": _path(f"get{name}Queryables", _("What features can be filtered by"), SCHEMA, OBJECT),
        f"{root}/schema": _path(f"get{name}Schema", _("What a feature is made of"), SCHEMA, OBJECT, html=False),
        f"{root}/items": _path(
            f"get{name}Items", title, GEOJSON, "featureCollection", [*_named(shared), *own], signed_in=True
        ),
        f"{root}/items/{{featureId}}": _path(
            f"get{name}Item", title, GEOJSON, "feature", [feature_id, *_named((CRS,))], signed_in=True
        ),
    }


def _path(
    operation: str, summary: str, type: str, schema: str | dict[str, Any], parameters: Iterable[Any] = (), *,
    signed_in: bool = False, html: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """One address that is read, as data of the media type `type` and as HTML."""
    told = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    problem = {"schema": {"$ref": "#/components/schemas/problem"}}
    faults = {
        "400": _("A parameter does not exist or cannot be right."),
        **({"401": _("Sign in, or send a token."), "403": _("Not for you.")} if signed_in else {}),
        **({"404": _("There is no such feature, or none for you to see.")} if "Item" in operation else {}),
        "406": _("Not available in this format."),
        "429": _("Too many calls."),
        "500": _("An error of the registry's own."),
    }
    content: dict[str, Any] = {type: {"schema": told}, **({HTML: {"schema": {"type": "string"}}} if html else {})}
    success: dict[str, Any] = {"description": summary, "content": content}
    if signed_in:
        success["headers"] = {"Content-Crs": {"schema": {"type": "string"}}}
        content[JSON] = {"schema": told}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*_named((FORMAT,)), *parameters],
            "security": [{"token": []}, {"password": []}, {"session": []}] if signed_in else [],
            "responses": {
                "200": success,
                **{
                    status: {"description": why, "content": {"application/problem+json": problem, HTML: {}}}
                    for status, why in faults.items()
                },
            },
        }
    }


def _named(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _parameters() -> dict[str, Any]:
    numbers = {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    }
    known: dict[str, tuple[dict[str, Any], str]] = {
        FORMAT: ({"type": "string", "enum": ["json", "html"]}, _("The format, whatever Accept says.")),
        LIMIT: (
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
            _("Features of a page."),
        ),
        AFTER: ({"type": "integer", "minimum": 0}, _("Where the page begins; as the link `next` has it.")),
        BBOX: (numbers, _("Only features whose place meets this box, as far as you may know it.")),
        BBOX_CRS: (URI, _("The reference system of `bbox`.")),
        DATETIME: ({"type": "string"}, _("Only features that are there then: an instant or an interval.")),
        CRS: (URI, _("The reference system of the answer.")),
        FILTER: ({"type": "string", "maxLength": MOST_CHARACTERS}, _("A condition in CQL2.")),
        FILTER_LANG: ({"type": "string", "enum": list(LANGUAGES), "default": TEXT}, _("How the filter is written.")),
        FILTER_CRS: (URI, _("The reference system of the filter's geometries.")),
    }
    return {
        name: {
            "name": name,
            "in": "query",
            "required": False,
            "description": description,
            "schema": schema,
            "style": "form",
            "explode": False,
        }
        for name, (schema, description) in known.items()
    }
