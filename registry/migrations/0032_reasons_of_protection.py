from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

# Who protected these said nothing; their managers see so when the level is next reviewed.
UNSAID = "UPDATE registry_asset SET protection_reason = '–' WHERE protection <> 'open' AND protection_reason = ''"


class Migration(migrations.Migration):
    # The older version that still runs can leave out no reason from the first step on, and reads on meanwhile.
    atomic = False

    dependencies = [("registry", "0031_account_changes")]

    operations = [
        migrations.AlterField(
            model_name="asset",
            name="protection_reason",
            field=models.CharField(
                blank=True,
                help_text="Of a protected asset: what its protection rests on, such as a rule or what depends on it.",
                max_length=200,
                verbose_name="reason for the protection",
            ),
        ),
        AddConstraintNotValid(
            model_name="asset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("protection", "open"), models.Q(("protection_reason", ""), _negated=True), _connector="OR"
                ),
                name="asset_protection_has_a_reason",
            ),
        ),
        migrations.RunSQL(UNSAID, migrations.RunSQL.noop),
        ValidateConstraint(model_name="asset", name="asset_protection_has_a_reason"),
    ]
