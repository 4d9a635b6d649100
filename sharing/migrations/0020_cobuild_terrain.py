from django.db import migrations, models
from django.db.models import Q, Value


class Migration(migrations.Migration):
    dependencies = [("sharing", "0019_event_at")]

    operations = [
        migrations.AddField(
            model_name="cobuildgroup",
            name="terrain",
            field=models.JSONField(
                blank=True, db_default=Value({}, models.JSONField()), default=dict, verbose_name="terrain, m"
            ),
        ),
        migrations.AddConstraint(
            model_name="cobuildgroup",
            constraint=models.CheckConstraint(
                condition=Q(length_m__isnull=False) | Q(terrain={}), name="cobuild_terrain_is_of_a_trench"
            ),
        ),
    ]
