from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0024_rare_assets")]

    operations = [
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(
                condition=models.Q(("protection_review_on__isnull", False)),
                fields=["owner", "protection_review_on"],
                name="asset_review",
            ),
        ),
    ]
