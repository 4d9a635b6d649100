"""What links lead to is said in the reader's language. Nothing changes in the database."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0037_one_index_a_key"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="agreement",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sharing.agreement",
                verbose_name="agreement",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="cobuild_group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sharing.cobuildgroup",
                verbose_name="co-build group",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="consent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sharing.consent",
                verbose_name="consent",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="demand_list",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sharing.demandlist",
                verbose_name="demand list",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="match",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="sharing.match",
                verbose_name="match",
            ),
        ),
    ]
