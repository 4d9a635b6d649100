"""A draft that is closed was not handed in, nor is a list that was reopened: neither has a time of submission, so that
regulators see neither, and neither is counted."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

from registry.migrations._again import PutCheck

# Lets in all that it let in before, and closed drafts too.
SUBMITTED = models.CheckConstraint(
    condition=models.Q(("status__in", ("draft", "closed")), ("submitted_at__isnull", False), _connector="OR"),
    name="list_submitted_has_a_time",
)
# The older version gave closed drafts the time of closing, and left that of the submission to reopened ones.
TAKEN_BACK = """
UPDATE sharing_demandlist AS list SET submitted_at = NULL
WHERE status IN ('draft', 'closed') AND submitted_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM sharing_event AS submitted
    WHERE submitted.demand_list_id = list.id AND submitted.type = 'list.submitted' AND submitted.id > coalesce((
        SELECT max(reopened.id) FROM sharing_event AS reopened
        WHERE reopened.demand_list_id = list.id AND reopened.type = 'list.reopened'
    ), 0)
)
"""
# Which the older check wants.
CLOSED = "UPDATE sharing_demandlist SET submitted_at = created_at WHERE status = 'closed' AND submitted_at IS NULL"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sharing", "0033_finite_figures")]

    operations = [
        PutCheck(model_name="demandlist", constraint=SUBMITTED),
        ValidateConstraint(model_name="demandlist", name=SUBMITTED.name),
        migrations.RunSQL(TAKEN_BACK, CLOSED),
    ]
