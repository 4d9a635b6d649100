from django.db import migrations

from registry.migrations._sealed import sealed


class Migration(migrations.Migration):
    dependencies = [("sharing", "0021_bounded_searches"), ("registry", "0029_sealed_triggers")]

    operations = [migrations.RunSQL(sealed("sharing"), migrations.RunSQL.noop)]
