from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0017_terrain"),
        ("sharing", "0014_trail"),
    ]

    operations = [
        migrations.AddField(
            model_name="matchleg",
            name="terrain",
            field=models.JSONField(blank=True, default=dict, verbose_name="terrain, m"),
        ),
        migrations.AddConstraint(
            model_name="matchleg",
            constraint=models.CheckConstraint(
                condition=models.Q(("asset", None), ("terrain", {}), _connector="OR"), name="leg_terrain_is_of_a_gap"
            ),
        ),
    ]
