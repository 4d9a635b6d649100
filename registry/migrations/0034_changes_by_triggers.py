"""What a trigger changes of an asset is noted as well: where it was not, anybody could change one by a trigger of their
own on a temporary table, and leave no line."""

from django.db import migrations

from registry.migrations._changes import NOTE_CHANGED, TABLES

# A plan that was made for single rows and kept would compare each of many with each, which the ledger's updates would
# wait for.
QUICKLY = "".join(f"ALTER FUNCTION registry_note_changed_{noun}() SET enable_nestloop = off;" for noun in TABLES)


class Migration(migrations.Migration):
    dependencies = [("registry", "0033_service_tokens_keep_their_place")]

    operations = [
        migrations.RunSQL(QUICKLY, migrations.RunSQL.noop),
        migrations.RunSQL(NOTE_CHANGED.format(noun="asset"), migrations.RunSQL.noop),
    ]
