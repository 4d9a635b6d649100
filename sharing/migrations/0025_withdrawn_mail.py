from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from registry.migrations._again import PutCheck

STATUSES = [
    ("pending", "Pending"),
    ("sent", "Sent"),
    ("parked", "Parked: keeps failing"),
    ("withdrawn", "Withdrawn: no longer for its recipient to read"),
]


def widened(model: str, constraint: str) -> list[Operation]:
    condition = models.Q(("status__in", [status for status, _label in STATUSES]))
    return [
        migrations.AlterField(
            model_name=model,
            name="status",
            field=models.CharField(choices=STATUSES, default="pending", max_length=10, verbose_name="status"),
        ),
        PutCheck(model_name=model, constraint=models.CheckConstraint(condition=condition, name=constraint)),
        ValidateConstraint(model_name=model, name=constraint),
    ]


class Migration(migrations.Migration):
    # All that stands there fits, so that it is looked through without a lock that keeps senders waiting.
    atomic = False

    dependencies = [("sharing", "0024_endpoint_changes")]

    operations = [
        *widened("digest", "digest_status_is_known"),
        *widened("notification", "notification_status_is_known"),
        *widened("webhookdelivery", "webhook_status_is_known"),
    ]
