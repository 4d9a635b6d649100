import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0016_place_grants"),
    ]

    operations = [
        migrations.CreateModel(
            name="TerrainArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=80, verbose_name="code")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                (
                    "terrain_class",
                    models.CharField(
                        choices=[
                            ("open_ground", "Open ground"),
                            ("paved_road", "Paved road"),
                            ("built_up", "Built-up ground"),
                            ("mountain", "Mountain"),
                            ("rock", "Rock"),
                            ("water", "Water crossing"),
                        ],
                        max_length=20,
                        verbose_name="terrain class",
                    ),
                ),
                (
                    "geometry",
                    django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name="geometry"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terrain_areas",
                        to="registry.organization",
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "terrain area",
                "verbose_name_plural": "terrain areas",
                "ordering": ("owner", "code"),
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "code"), name="terrain_code_is_unique_to_owner"),
                    models.CheckConstraint(condition=models.Q(("code", ""), _negated=True), name="terrain_has_a_code"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "terrain_class__in",
                                ["open_ground", "paved_road", "built_up", "mountain", "rock", "water"],
                            )
                        ),
                        name="terrain_class_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("geometry__isvalid", True)), name="terrain_geometry_is_valid"
                    ),
                ],
            },
        ),
    ]
