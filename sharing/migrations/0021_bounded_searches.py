import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lines that were there with more are refused when they next change."""

    dependencies = [("sharing", "0020_cobuild_terrain")]

    operations = [
        migrations.AlterField(
            model_name="demand",
            name="radius_m",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[django.core.validators.MaxValueValidator(100000)],
                verbose_name="radius, m",
            ),
        ),
        migrations.AlterField(
            model_name="demand",
            name="max_detour",
            field=models.FloatField(
                default=2.0,
                help_text="Length of the route over the straight distance.",
                validators=[django.core.validators.MaxValueValidator(1000)],
                verbose_name="longest detour",
            ),
        ),
        AddConstraintNotValid(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(("radius_m__isnull", True), ("radius_m__lte", 100000), _connector="OR"),
                name="demand_radius_is_bounded",
            ),
        ),
        AddConstraintNotValid(
            model_name="demand",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_detour__lte", 1000)), name="demand_detour_is_bounded"
            ),
        ),
    ]
