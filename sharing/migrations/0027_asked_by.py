import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.migrations._again import AddColumn

# Of the consents that were asked for before.
ASKED = """
UPDATE sharing_consent AS consent SET asked_by_id = event.actor_id FROM sharing_event AS event
WHERE event.consent_id = consent.id AND event.type = 'consent.asked' AND consent.asked_by_id IS NULL
"""


class Migration(migrations.Migration):
    # So that the column's lock is not held while it is filled.
    atomic = False

    dependencies = [
        ("sharing", "0026_lapsed_approvals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddColumn(
            model_name="consent",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="asked by",
            ),
        ),
        migrations.RunSQL(ASKED, migrations.RunSQL.noop),
    ]
