from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

from registry.migrations._again import PutCheck

# Who protected these said nothing; their managers see so when the level is next reviewed. That the registry wrote it, by
# nobody's order, stands in the changes as whatever changes an asset; so it is no "–", which stands there for nothing.
# A thousand at a time, locked in the order of the ledger, so that nobody who takes one of them waits for all.
UNSAID = """
DO $$
BEGIN
    LOOP
        UPDATE registry_asset SET protection_reason = 'not stated (未说明)' WHERE id IN (
            SELECT id FROM registry_asset WHERE protection <> 'open' AND protection_reason = ''
            ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
        );
        EXIT WHEN NOT FOUND;
        COMMIT;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    # The older version that still runs reads and writes on meanwhile; it can leave out no reason from the constraint on.
    # Not valid, that already holds for each update of an old row, the ledger's too: hence first the reasons, then the
    # constraint, then the reasons of what came between.
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
        migrations.RunSQL(UNSAID, migrations.RunSQL.noop),
        PutCheck(
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
