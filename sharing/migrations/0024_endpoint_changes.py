from django.db import migrations

from registry.migrations._changes import account_forgotten, of_account


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0031_account_changes"),
        ("sharing", "0023_whole_trail"),
    ]

    operations = [migrations.RunSQL(of_account("webhookendpoint"), account_forgotten("webhookendpoint"))]
