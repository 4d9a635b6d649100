"""The features: what a viewer may see of a collection, page by page."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.corners import fitting
from registry.api.problems import Problem, too_costly
from registry.api.renderers import JSONRenderer
from registry.ogc.collection import PLACE, Collection
from registry.ogc.crs import Crs, system_of
from registry.ogc.parameters import AFTER, CRS, FORMAT, Asked, asked, check_names
from registry.ogc.rendering import GEOJSON, HTML, JSON, GeoJSONRenderer, HTMLRenderer
from registry.ogc.views import Resource, link
from registry.time_limit import TakesTooLong, time_limit


class Features(Resource):
    # GeoJSON is JSON too: programs that ask for no more than JSON are given it under that name.
    renderer_classes = (GeoJSONRenderer, JSONRenderer, HTMLRenderer)

    def features(
        self, collection: Collection, rows: QuerySet[Any], ids: Sequence[int], crs: Crs
    ) -> list[dict[str, Any]]:
        """Those of the rows with these ids, in their order; in one query."""
        columns = {known.key: known.expression for known in collection.columns}
        cells = [(known.name, known.key, known.type == "number") for known in collection.columns]
        rows = rows.filter(pk__in=ids).order_by("pk")
        return [
            {
                "type": "Feature",
                "id": row["pk"],
                "geometry": json.loads(row["shown_place"]),
                # A number with its decimals even where these are zero, from which clients that guess the types of
                # columns tell it from an integer; it may be a Decimal.
                "properties": {
                    name: float(row[key]) if decimal and row[key] is not None else row[key]
                    for name, key, decimal in cells
                },
            }
            for row in rows.values("pk", shown_place=crs.as_geojson(), **columns)
        ]

    def answer(self, content: Any, crs: Crs) -> Response:
        return Response(content, headers={"Content-Crs": f"<{crs.uri}>"})


class ItemsView(Features):
    template = "registry/ogc/items.html"

    def get(self, request: Request, collection: str) -> Response:
        known = self.collection(collection)
        wanted = asked(request.query_params, known)
        rows = known.rows(self.user)
        ids = self._page(wanted.of(rows, known), wanted)
        # Points have no corners to count.
        fits = wanted.limit if known.geometry == "point" else fitting(rows, PLACE, ids[: wanted.limit])
        features = self.features(known, rows, ids[:fits], wanted.crs)
        links = self.links()
        chosen: Any = request.accepted_renderer
        if len(ids) > fits:
            following = self.address_with({FORMAT: chosen.format, AFTER: ids[fits - 1]})
            links.append(link("next", following, HTML if chosen.format == "html" else GEOJSON, _("The next page")))
        links.append(link("collection", self.address("collection", known.id), JSON, known.title))
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return self.answer(
            {
                "type": "FeatureCollection",
                "links": links,
                "timeStamp": now,
                "numberReturned": len(features),
                "features": features,
            },
            wanted.crs,
        )

    def page(self, data: Any) -> dict[str, Any]:
        known = self.collection(self.kwargs["collection"])
        rows = [(one["id"], [one["properties"][c.name] for c in known.columns]) for one in data["features"]]
        following = next((one["href"] for one in data["links"] if one["rel"] == "next"), "")
        return {"collection": known, "columns": known.columns, "rows": rows, "next": following}

    def _page(self, found: QuerySet[Any], wanted: Asked) -> list[int]:
        """The ids of a page, and of one feature more where there is a next one. A filter may find thousands, of which
        only the page's are then read whole. Raises the problem 400 where a filter takes too long."""
        rows = found.values_list("pk", flat=True)[: wanted.limit + 1]
        if not wanted.costly:
            return list(rows)
        try:
            with time_limit():
                return list(rows)
        except TakesTooLong as error:
            raise too_costly(wanted.costly) from error


class ItemView(Features):
    template = "registry/ogc/item.html"

    def get(self, request: Request, collection: str, feature: int) -> Response:
        known = self.collection(collection)
        check_names(request.query_params, (FORMAT, CRS))
        crs = system_of(CRS, request.query_params.get(CRS))
        found = self.features(known, known.rows(self.user), [feature], crs)
        if not found:
            raise Problem("not_seen")
        back = self.address("collection", known.id)
        links = [*self.links(), link("collection", back, JSON, known.title)]
        return self.answer({**found[0], "links": links}, crs)

    def page(self, data: Any) -> dict[str, Any]:
        known = self.collection(self.kwargs["collection"])
        told = [(column, data["properties"][column.name]) for column in known.columns]
        return {"collection": known, "told": told}
