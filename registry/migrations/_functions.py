"""Extensions and the immutable functions that generated columns and checks call, ahead of every table."""

from django.contrib.postgres.operations import (
    BtreeGistExtension,
    CreateExtension,
    TrigramExtension,
)
from django.db import migrations

MASK = """
-- What others may know of a place before a consent. Deterministic, so that asking twice tells no more than asking once:
-- open: the place; restricted: the centre of its cell of 0.01 degrees; core: of 0.05 degrees.
-- A line becomes the line between the cells of its two ends.
-- Not STRICT, nor is registry_length_m: so PostgreSQL puts their bodies in place of the calls, forty times faster.
CREATE FUNCTION registry_cell(place geometry, size double precision) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ST_SetSRID(
    ST_MakePoint((floor(ST_X(place) / size) + 0.5) * size, (floor(ST_Y(place) / size) + 0.5) * size), 4326
);

CREATE FUNCTION registry_mask(place geometry, protection text) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN protection = 'open' THEN place
    WHEN GeometryType(place) = 'LINESTRING' THEN ST_MakeLine(
        registry_cell(ST_StartPoint(place), CASE protection WHEN 'core' THEN 0.05 ELSE 0.01 END),
        registry_cell(ST_EndPoint(place), CASE protection WHEN 'core' THEN 0.05 ELSE 0.01 END)
    )
    ELSE registry_cell(ST_Centroid(place), CASE protection WHEN 'core' THEN 0.05 ELSE 0.01 END)
END;
"""

LENGTH = """
-- Geodesic length in metres on the WGS 84 ellipsoid; null for points.
CREATE FUNCTION registry_length_m(place geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ST_Dimension(place) = 1 THEN ST_Length(place::geography) END;
"""

SOCIAL_CREDIT_CODE = """
-- GB 32100-2015: 17 characters weighted by powers of 3 modulo 31, the 18th makes the sum a multiple of 31.
CREATE FUNCTION registry_is_social_credit_code(code text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$' AND (
    SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, place::integer, 1)) - 1) * weight) % 31 = 0
    FROM unnest(ARRAY[1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1])
        WITH ORDINALITY AS weights (weight, place)
);
"""

FUNCTIONS = [
    CreateExtension("postgis"),
    BtreeGistExtension(),
    TrigramExtension(),
    migrations.RunSQL(
        MASK,
        "DROP FUNCTION registry_mask(geometry, text); DROP FUNCTION registry_cell(geometry, double precision)",
    ),
    migrations.RunSQL(LENGTH, "DROP FUNCTION registry_length_m(geometry)"),
    migrations.RunSQL(SOCIAL_CREDIT_CODE, "DROP FUNCTION registry_is_social_credit_code(text)"),
]
