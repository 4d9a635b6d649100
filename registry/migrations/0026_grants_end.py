import datetime

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

from registry.migrations._again import PutCheck

# Longer ones end as if they had been given for the longest time: a row that breaks a rule could not be withdrawn.
SHORTENED = "UPDATE registry_placegrant SET ends_on = starts_on + 365 WHERE ends_on > starts_on + 365"


class Migration(migrations.Migration):
    # The older version that still runs can give no longer one from the first step on, and reads on meanwhile.
    atomic = False

    dependencies = [("registry", "0025_review_index")]

    operations = [
        PutCheck(
            model_name="placegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "ends_on__lt",
                        models.expressions.CombinedExpression(
                            models.F("starts_on"), "+", models.Value(datetime.timedelta(days=366))
                        ),
                    ),
                ),
                name="place_grant_ends_in_time",
            ),
        ),
        migrations.RunSQL(SHORTENED, migrations.RunSQL.noop),
        ValidateConstraint(model_name="placegrant", name="place_grant_ends_in_time"),
    ]
