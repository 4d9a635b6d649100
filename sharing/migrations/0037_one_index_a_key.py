"""Rows that large writes make by the hundred thousand have no index of one column where another begins with it."""

import django.db.models.deletion
from django.db import migrations, models

from registry.migrations._again import TakeIndexOfKey


class Migration(migrations.Migration):
    # Indexes that go beside the site's work go in no transaction.
    atomic = False

    dependencies = [("sharing", "0036_indexes_of_what_waits")]

    operations = [
        TakeIndexOfKey(
            model_name="match",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matches",
                to="sharing.matchrun",
                verbose_name="run",
            ),
        ),
        TakeIndexOfKey(
            model_name="matchleg",
            name="match",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="legs",
                to="sharing.match",
                verbose_name="match",
            ),
        ),
        TakeIndexOfKey(
            model_name="outcome",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="outcomes",
                to="sharing.matchrun",
                verbose_name="run",
            ),
        ),
        TakeIndexOfKey(
            model_name="demand",
            name="list",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="demands",
                to="sharing.demandlist",
                verbose_name="list",
            ),
        ),
        TakeIndexOfKey(
            model_name="consent",
            name="match",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="sharing.match",
                verbose_name="match",
            ),
        ),
        TakeIndexOfKey(
            model_name="notification",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notifications",
                to="sharing.event",
                verbose_name="event",
            ),
        ),
    ]
