from django.db import migrations

# One plan that crosses itself would fail each comparison of places that comes upon it. Rows that were there are
# looked at when they next change: their owners draw them anew.
PLACES = """
ALTER TABLE registry_plannedfacility ADD CONSTRAINT facility_geometry_is_a_place CHECK (
    ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry) AND GeometryType(geometry) <> 'GEOMETRYCOLLECTION'
    AND geometry @ ST_MakeEnvelope(-180, -90, 180, 90, 4326)
) NOT VALID;
ALTER TABLE registry_terrainarea ADD CONSTRAINT terrain_geometry_is_on_earth CHECK (
    NOT ST_IsEmpty(geometry) AND geometry @ ST_MakeEnvelope(-180, -90, 180, 90, 4326)
) NOT VALID;
"""
ANYTHING = """
ALTER TABLE registry_plannedfacility DROP CONSTRAINT facility_geometry_is_a_place;
ALTER TABLE registry_terrainarea DROP CONSTRAINT terrain_geometry_is_on_earth;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0026_grants_end")]

    operations = [migrations.RunSQL(PLACES, ANYTHING)]
