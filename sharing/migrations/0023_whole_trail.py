from django.db import migrations, models


class Migration(migrations.Migration):
    """Links reach changes, sights, exports and disclosures too; those that were made before hold as they are."""

    dependencies = [
        ("registry", "0030_disclosures_stay"),
        ("sharing", "0022_sealed_triggers"),
    ]

    operations = [
        migrations.AddField(
            model_name="traillink",
            name="reached",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
                verbose_name="reached",
            ),
        ),
        migrations.RemoveConstraint(model_name="traillink", name="trail_link_has_events"),
        migrations.AddConstraint(
            model_name="traillink",
            constraint=models.CheckConstraint(
                condition=models.Q(("event_count__gte", 1), models.Q(("reached", {}), _negated=True), _connector="OR"),
                name="trail_link_has_rows",
            ),
        ),
    ]
