"""Migrations leave the site running while they are applied: django-migration-linter looks at the SQL of each for what
an older version that still runs cannot bear, or what keeps a table locked."""

import pytest
from django_migration_linter import MigrationLinter

# Applied before there was a release that could be running meanwhile: columns that are not null, and a column replaced.
BEFORE_THE_FIRST_RELEASE = {
    "registry": {"0011_time_zone", "0014_import_trials", "0015_grown_cells"},
    "sharing": {"0004_run_attempts", "0005_other_changes", "0015_leg_terrain", "0018_disjoint_by"},
}


@pytest.mark.parametrize("app", list(BEFORE_THE_FIRST_RELEASE))
def test_an_upgrade_needs_no_pause(db: None, app: str, capsys: pytest.CaptureFixture[str]):
    linter = MigrationLinter(include_apps=[app], no_cache=True, analyser_string="postgresql")
    refused = set()
    for migration in linter.migration_loader.disk_migrations.values():
        if migration.app_label == app:
            linter.reset_counters()
            linter.lint_migration(migration)
            refused |= {migration.name} if linter.has_errors else set()
    assert refused == BEFORE_THE_FIRST_RELEASE[app], capsys.readouterr().out
