from django.db import migrations, models

# The rows that were there were classified when they were listed, for all that is known.
REVIEW = """
CREATE FUNCTION registry_review_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.protection_review_on := CASE WHEN NEW.protection <> 'open' THEN
        CURRENT_DATE + coalesce(nullif(current_setting('registry.review_days', true), '')::integer, 365)
    END;
    RETURN NEW;
END $$;
CREATE TRIGGER review_day_inserted BEFORE INSERT ON registry_asset FOR EACH ROW
    WHEN ((NEW.protection = 'open') <> (NEW.protection_review_on IS NULL)) EXECUTE FUNCTION registry_review_day();
CREATE TRIGGER review_day_updated BEFORE UPDATE ON registry_asset FOR EACH ROW
    WHEN ((NEW.protection = 'open') <> (NEW.protection_review_on IS NULL) OR (
        OLD.protection <> NEW.protection AND NEW.protection <> 'open'
        AND NEW.protection_review_on IS NOT DISTINCT FROM OLD.protection_review_on
    )) EXECUTE FUNCTION registry_review_day();
UPDATE registry_asset SET protection_review_on = created_at::date + 365 WHERE protection <> 'open';
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0018_sights")]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="protection_review_on",
            field=models.DateField(
                blank=True,
                help_text="Left empty: a year after the level was set.",
                null=True,
                verbose_name="protection to be reviewed on",
            ),
        ),
        migrations.RunSQL(REVIEW, "DROP FUNCTION registry_review_day() CASCADE"),
    ]
