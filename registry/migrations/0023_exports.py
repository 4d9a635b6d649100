import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEEP_EXPORTS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_export
    FOR EACH STATEMENT EXECUTE FUNCTION registry_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0022_added_details"),
    ]

    operations = [
        migrations.AddField(
            model_name="exportjob",
            name="token",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="registry.apitoken",
                verbose_name="by token",
            ),
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=200, verbose_name="address")),
                ("filename", models.CharField(max_length=200, verbose_name="file")),
                ("parameters", models.JSONField(blank=True, default=dict, verbose_name="narrowed to")),
                ("rows", models.PositiveIntegerField(blank=True, null=True, verbose_name="rows")),
                ("exported_at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="exported by",
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
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "ordering": ("-id",),
                "indexes": [django.contrib.postgres.indexes.BrinIndex(fields=["exported_at"], name="export_at")],
            },
        ),
        migrations.RunSQL(KEEP_EXPORTS, "DROP TRIGGER append_only ON registry_export"),
    ]
