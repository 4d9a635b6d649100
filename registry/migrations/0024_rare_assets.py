from django.db import migrations, models

# What it takes beside comparing two numbers, which is 1, as measured: it reads the ledger.
DEAR = "ALTER FUNCTION registry_units_taken(bigint, daterange) COST {cost}"


class Migration(migrations.Migration):
    dependencies = [("registry", "0023_exports")]

    operations = [
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(
                condition=models.Q(("status", "in_service"), _negated=True),
                fields=["status", "id"],
                name="asset_not_in_service",
            ),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(
                condition=models.Q(("protection", "open"), _negated=True),
                fields=["protection", "id"],
                name="asset_protected",
            ),
        ),
        migrations.RunSQL(DEAR.format(cost=1000), DEAR.format(cost=100)),
    ]
