from django.db import migrations, models

from registry.migrations._changes import account_forgotten, of_account


class Migration(migrations.Migration):
    dependencies = [("registry", "0030_disclosures_stay")]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="noun",
            field=models.CharField(
                choices=[
                    ("asset", "asset"),
                    ("tower", "tower"),
                    ("duct", "duct"),
                    ("fiber", "fiber"),
                    ("equipmentroom", "equipment room"),
                    ("organization", "organization"),
                    ("membership", "membership"),
                    ("plannedfacility", "planned facility"),
                    ("placegrant", "grant of sight"),
                    ("user", "account"),
                    ("apitoken", "API token"),
                    ("webhookendpoint", "webhook endpoint"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.RunSQL(of_account("user"), account_forgotten("user")),
        migrations.RunSQL(of_account("apitoken"), account_forgotten("apitoken")),
    ]
