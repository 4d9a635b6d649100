import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import registry.models.change
from registry.migrations._changes import forgotten, triggers


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0019_protection_review"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "noun",
                    models.CharField(
                        choices=[
                            ("asset", "asset"),
                            ("tower", "tower"),
                            ("duct", "duct"),
                            ("fiber", "fiber"),
                            ("equipmentroom", "equipment room"),
                            ("organization", "organization"),
                            ("membership", "membership"),
                            ("plannedfacility", "planned facility"),
                            ("placegrant", "grant of sight"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[("insert", "Made"), ("update", "Changed"), ("delete", "Removed")],
                        max_length=6,
                        verbose_name="act",
                    ),
                ),
                ("row", models.BigIntegerField(null=True, verbose_name="number")),
                ("rows", registry.models.change.MultiRangeField(editable=False, null=True)),
                ("label", models.CharField(blank=True, max_length=80, verbose_name="code")),
                ("before", models.JSONField(null=True, verbose_name="before")),
                ("after", models.JSONField(null=True, verbose_name="after")),
                ("changed_at", models.DateTimeField(verbose_name="at")),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="Empty where the clock or a command acted.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="registry.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="registry.region",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("row__isnull", False)), fields=["row", "noun"], name="change_row"
                    ),
                    django.contrib.postgres.indexes.GistIndex(
                        condition=models.Q(("rows__isnull", False)), fields=["rows"], name="change_rows"
                    ),
                    django.contrib.postgres.indexes.BrinIndex(fields=["changed_at"], name="change_at"),
                ],
            },
        ),
        migrations.RunSQL(triggers(), forgotten()),
    ]
