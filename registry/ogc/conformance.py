"""The parts of OGC API – Features and CQL2 that are served whole."""

from registry.ogc.service import Block

PART_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
PART_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
PART_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
COMMON_1 = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
COMMON_2 = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"

FEATURES = Block(
    (
        *(PART_1 + name for name in ("core", "oas30", "html", "geojson")),
        PART_2 + "crs",
        *(PART_3 + name for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
        *(COMMON_1 + name for name in ("core", "landing-page", "oas30", "html", "json")),
        *(COMMON_2 + name for name in ("collections", "html", "json")),
        *(
            CQL2 + name
            for name in (
                "cql2-text",
                "cql2-json",
                "basic-cql2",
                "advanced-comparison-operators",
                "case-insensitive-comparison",
                "basic-spatial-functions",
                "basic-spatial-functions-plus",
                "spatial-functions",
                "temporal-functions",
                "array-functions",
                "property-property",
            )
        ),
    )
)
