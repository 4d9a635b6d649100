"""What links lead to is said in the reader's language. Nothing changes in the database."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0038_one_index_of_told_places"),
    ]

    operations = [
        migrations.AlterField(
            model_name="allocation",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="registry.asset",
                verbose_name="asset",
            ),
        ),
        migrations.AlterField(
            model_name="allocation",
            name="holder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="allocations",
                to="registry.organization",
                verbose_name="holder",
            ),
        ),
        migrations.AlterField(
            model_name="asset",
            name="planned_facility",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reserved_assets",
                to="registry.plannedfacility",
                verbose_name="planned facility",
            ),
        ),
        migrations.AlterField(
            model_name="disclosure",
            name="asset",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="registry.asset",
                verbose_name="asset",
            ),
        ),
        migrations.AlterField(
            model_name="disclosure",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="registry.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="registry.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="plannedfacility",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="planned_facilities",
                to="registry.organization",
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="plannedfacility",
            name="region",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="planned_facilities",
                to="registry.region",
                verbose_name="region",
            ),
        ),
    ]
