"""What waits is found without reading what was done in all the years before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.migrations._again import PutIndex, TakeIndex, TakeIndexOfKey


class Migration(migrations.Migration):
    # Indexes that are made beside the site's work are in no transaction.
    atomic = False

    dependencies = [
        ("sharing", "0035_no_lines_later"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        PutIndex(
            model_name="match",
            index=models.Index(fields=["deadline", "-id"], name="match_by_deadline"),
        ),
        PutIndex(
            model_name="consent",
            index=models.Index(
                condition=models.Q(("status", "pending")), fields=["deadline", "id"], name="consent_to_answer"
            ),
        ),
        PutIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("channel", "inbox"), ("read_at__isnull", True)),
                fields=["recipient", "id"],
                name="notification_unread",
            ),
        ),
        PutIndex(
            model_name="notification",
            index=models.Index(fields=["recipient", "id"], name="notification_told"),
        ),
        TakeIndexOfKey(
            model_name="notification",
            name="recipient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to=settings.AUTH_USER_MODEL,
                verbose_name="recipient",
            ),
        ),
        PutIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["channel", "next_attempt_at", "id"],
                name="notification_waiting",
            ),
        ),
        TakeIndex(model_name="notification", name="notification_to_send"),
        PutIndex(
            model_name="notification",
            index=models.Index(condition=models.Q(("status", "parked")), fields=["id"], name="notification_parked"),
        ),
    ]
