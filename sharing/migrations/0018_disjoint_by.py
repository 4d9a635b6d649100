from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0017_inventories"),
    ]

    operations = [
        migrations.AddField(
            model_name="demand",
            name="apart_m",
            field=models.FloatField(
                blank=True,
                help_text="How far the two routes must be from one another, beyond that distance from ends they share.",
                null=True,
                verbose_name="distance apart, m",
            ),
        ),
        migrations.AddField(
            model_name="demand",
            name="disjoint_by",
            field=models.CharField(
                choices=[
                    ("line", "No duct, cable or new build in common"),
                    ("chamber", "No chamber or joint in common either, but at the ends"),
                    ("distance", "A distance apart, but near the ends"),
                ],
                default="line",
                max_length=10,
                verbose_name="disjoint by",
            ),
        ),
        migrations.AddConstraint(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("apart_m__isnull", True), ("disjoint_by__in", ["line", "chamber"])),
                    models.Q(
                        ("apart_m__gte", 2),
                        ("apart_m__isnull", False),
                        ("apart_m__lte", 100000),
                        ("disjoint_by", "distance"),
                    ),
                    _connector="OR",
                ),
                name="demand_distance_apart_suits",
            ),
        ),
    ]
