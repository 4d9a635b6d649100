import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP_SIGHTS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_sight
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0017_terrain"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("regulator", "Regulator of the region"),
                            ("grant", "Grant of sight"),
                            ("consent", "Told by a consent"),
                            ("superuser", "Runs the registry"),
                        ],
                        max_length=10,
                        verbose_name="why they may",
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("page", "Page of the site"),
                            ("admin", "Admin"),
                            ("api", "API"),
                            ("map", "OGC features"),
                            ("tile", "Map tile"),
                            ("file", "File: download, export or print"),
                        ],
                        max_length=5,
                        verbose_name="by way of",
                    ),
                ),
                ("asset_number", models.BigIntegerField(verbose_name="number of the asset")),
                ("asset_code", models.CharField(max_length=80, verbose_name="asset")),
                ("day", models.DateField(verbose_name="day")),
                ("seen_at", models.DateTimeField(verbose_name="first seen at")),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                        verbose_name="as a member of",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.organization",
                        verbose_name="owner",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.region",
                        verbose_name="region",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.apitoken",
                        verbose_name="by token",
                    ),
                ),
                (
                    "viewer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="seen by",
                    ),
                ),
            ],
            options={
                "verbose_name": "sight of an exact place",
                "verbose_name_plural": "sights of exact places",
                "ordering": ("-id",),
                "indexes": [django.contrib.postgres.indexes.BrinIndex(fields=["day"], name="sight_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("asset_number", "viewer", "day", "way", "token"),
                        name="sight_is_recorded_once_a_day",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["page", "admin", "api", "map", "tile", "file"])),
                        name="sight_way_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis__in", ["regulator", "grant", "consent", "superuser"])),
                        name="sight_basis_is_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEEP_SIGHTS, migrations.RunSQL.noop),
    ]
