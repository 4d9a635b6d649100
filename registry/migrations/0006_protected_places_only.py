from django.contrib.postgres.indexes import GistIndex, OpClass
from django.db import migrations
from django.db.models import F, Q


class Migration(migrations.Migration):
    """Django leaves the condition out of an index on a geometry column, so the index is by an expression."""

    dependencies = [("registry", "0005_fewer_indexes")]

    operations = [
        migrations.RemoveIndex(model_name="asset", name="asset_protected_geometry"),
        migrations.AddIndex(
            model_name="asset",
            index=GistIndex(
                OpClass(F("geometry"), name="gist_geometry_ops_2d"),
                condition=Q(("protection", "open"), _negated=True),
                name="asset_protected_geometry",
            ),
        ),
    ]
