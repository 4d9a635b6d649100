from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

from registry.migrations._again import AddColumn, PutCheck

DECISIONS = [("approved", "Approved"), ("rejected", "Rejected"), ("lapsed", "Lapsed")]
REASONS = ["planning", "security", "competition", "duplicate", "incomplete", "other"]
# Both let in all that they let in before, and what has lapsed too.
CONSTRAINTS = (
    models.CheckConstraint(
        condition=models.Q(("decision__in", [value for value, _label in DECISIONS])),
        name="approval_decision_is_known",
    ),
    models.CheckConstraint(
        condition=models.Q(
            models.Q(("decision", "rejected"), ("reason__in", REASONS)),
            models.Q(models.Q(("decision", "rejected"), _negated=True), ("reason", "")),
            _connector="OR",
        ),
        name="approval_rejection_has_a_reason",
    ),
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sharing", "0025_withdrawn_mail")]

    operations = [
        AddColumn(
            model_name="approval",
            name="matter",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="approval",
            name="decision",
            field=models.CharField(choices=DECISIONS, max_length=10, verbose_name="decision"),
        ),
        *(
            operation
            for constraint in CONSTRAINTS
            for operation in (
                PutCheck(model_name="approval", constraint=constraint),
                ValidateConstraint(model_name="approval", name=constraint.name),
            )
        ),
    ]
