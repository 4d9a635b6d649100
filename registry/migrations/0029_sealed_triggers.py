"""Ways round the ledger's triggers that were left: an asset that goes and comes again under its lines, and temporary
tables by the names of the registry's."""

from django.db import migrations

from registry.migrations._sealed import sealed

NAME = "registry_allocation_asset_id_d5269740_fk_registry_asset_id"
# No key that Django makes would do: checked at the end of a transaction, or by NO ACTION, it is content where an asset of
# that id is there again, with less capacity or of another kind.
KEEP_ASSETS = f"""
ALTER TABLE registry_allocation DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME}
    FOREIGN KEY (asset_id) REFERENCES registry_asset (id) ON DELETE RESTRICT ON UPDATE RESTRICT NOT VALID
"""
AS_DJANGO = f"""
ALTER TABLE registry_allocation DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME}
    FOREIGN KEY (asset_id) REFERENCES registry_asset (id) DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    # Nobody reads the two tables while the key is dropped; the lines are looked through when they can be read again.
    atomic = False

    dependencies = [("registry", "0028_written_lines")]

    operations = [
        migrations.RunSQL(KEEP_ASSETS, AS_DJANGO),
        migrations.RunSQL(f"ALTER TABLE registry_allocation VALIDATE CONSTRAINT {NAME}", migrations.RunSQL.noop),
        migrations.RunSQL(sealed("registry"), migrations.RunSQL.noop),
    ]
