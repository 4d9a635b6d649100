"""What is held is found without reading the ledger."""

from django.db import migrations, models

from registry.migrations._again import PutIndex


class Migration(migrations.Migration):
    # An index that is made beside the site's work is in no transaction.
    atomic = False

    dependencies = [("registry", "0036_finite_figures")]

    operations = [
        PutIndex(
            model_name="allocation",
            index=models.Index(condition=models.Q(("purpose", "held")), fields=["held_until"], name="allocation_held"),
        ),
    ]
