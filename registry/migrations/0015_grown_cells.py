import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from registry.migrations import _cells

# The map follows a cell that grows as it follows an asset that moves.
COMPARED = "{0}.geometry, {0}.protection, {0}.owner_id, {0}.region_id"
FOLLOWED = f"{COMPARED}, {{0}}.near_rung, {{0}}.far_rung"
FOLLOW = """
DO $$ BEGIN
    EXECUTE replace(replace(pg_get_functiondef('registry_tiles_updated'::regproc), '{was_past}', '{past}'), '{was_present}', '{present}');
END $$;
"""


def follow(was: str, now: str) -> str:
    return FOLLOW.format(
        was_past=was.format("past"),
        past=now.format("past"),
        was_present=was.format("present"),
        present=now.format("present"),
    )


ALL_THAT_ARE = "SELECT registry_recut_cells(owner_id) FROM (SELECT DISTINCT owner_id FROM registry_asset) AS owners"


class Migration(migrations.Migration):
    dependencies = [("registry", "0014_import_trials")]

    operations = [
        migrations.RunSQL(_cells.CELLS, _cells.FORGET_CELLS),
        migrations.AddField("asset", "near_rung", models.SmallIntegerField(default=5, db_default=5, editable=False)),
        migrations.AddField("asset", "far_rung", models.SmallIntegerField(default=5, db_default=5, editable=False)),
        migrations.RemoveIndex("asset", "asset_masked_geometry"),
        migrations.RemoveField("asset", "masked_geometry"),
        migrations.AddField(
            "asset",
            "masked_geometry",
            models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("geometry"),
                    models.F("protection"),
                    models.F("near_rung"),
                    models.F("far_rung"),
                    function="registry_mask",
                ),
                output_field=django.contrib.gis.db.models.fields.GeometryField(
                    srid=4326, verbose_name="masked geometry"
                ),
            ),
        ),
        migrations.AddIndex(
            "asset",
            django.contrib.postgres.indexes.GistIndex(fields=["masked_geometry"], name="asset_masked_geometry"),
        ),
        migrations.AddConstraint(
            "asset",
            models.CheckConstraint(
                condition=models.Q(near_rung__range=(0, 5), far_rung__range=(0, 5)), name="asset_rungs_are_known"
            ),
        ),
        migrations.AlterField(
            "asset",
            "protection",
            models.CharField(
                choices=[
                    ("open", "Open: the place is shown"),
                    ("restricted", "Restricted: others see a grid cell"),
                    ("core", "Core: others see nothing; matching asks the owner"),
                ],
                default="open",
                max_length=12,
                verbose_name="protection",
            ),
        ),
        migrations.RunSQL(_cells.ENDS + _cells.SETTLE + _cells.TRIGGERS, _cells.FORGET),
        migrations.RunSQL(follow(COMPARED, FOLLOWED), follow(FOLLOWED, COMPARED)),
        migrations.RunSQL(ALL_THAT_ARE, migrations.RunSQL.noop),
    ]
