from django.db import migrations, models
from django.db.models import Q

# What an import of 100,000 rows pays for each of them, made cheaper without letting in a row more: one comparison of
# boxes, which PostGIS rounds outwards only, in place of four calls that each read the geometry. A box with a NaN
# contradicts no comparison, so NaN is still asked for.
EARTH = """
ALTER TABLE registry_asset DROP CONSTRAINT asset_geometry_is_on_earth, ADD CONSTRAINT asset_geometry_is_on_earth CHECK (
    geometry @ ST_MakeEnvelope(-180, -90, 180, 90, 4326) AND ST_XMin(geometry) <> 'NaN' AND ST_YMin(geometry) <> 'NaN'
);
"""
EARTH_BEFORE = """
ALTER TABLE registry_asset DROP CONSTRAINT asset_geometry_is_on_earth, ADD CONSTRAINT asset_geometry_is_on_earth CHECK (
    ST_XMin(geometry) >= -180 AND ST_XMax(geometry) <= 180 AND ST_YMin(geometry) >= -90 AND ST_YMax(geometry) <= 90
    AND ST_XMin(geometry) <> 'NaN' AND ST_YMin(geometry) <> 'NaN'
);
"""
# Notes of changes live for seconds: compressing their ids costs more than the space.
PLAIN = """
ALTER TABLE registry_tilechange ALTER assets SET STORAGE {0};
ALTER TABLE registry_supplychange ALTER assets SET STORAGE {0};
"""
SECTORS = ["telecom", "power", "transport", "municipal", "public_security", "other"]


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_export_jobs")]

    operations = [
        migrations.RunSQL(EARTH, EARTH_BEFORE),
        migrations.RunSQL(PLAIN.format("EXTERNAL"), PLAIN.format("EXTENDED")),
        migrations.RemoveConstraint(model_name="asset", name="asset_sectors_are_known"),
        migrations.AddConstraint(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=Q(open_to_sectors=SECTORS) | Q(open_to_sectors__contained_by=SECTORS),
                name="asset_sectors_are_known",
            ),
        ),
    ]
