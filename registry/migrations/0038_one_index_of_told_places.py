"""Disclosures of an asset are found by the index that keeps each from being recorded twice."""

import django.db.models.deletion
from django.db import migrations, models

from registry.migrations._again import TakeIndexOfKey


class Migration(migrations.Migration):
    # An index that goes beside the site's work goes in no transaction.
    atomic = False

    dependencies = [("registry", "0037_held_lines")]

    operations = [
        TakeIndexOfKey(
            model_name="disclosure",
            name="asset",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disclosures",
                to="registry.asset",
            ),
        ),
    ]
