"""Migrations leave the site running while they are applied: django-migration-linter looks at the SQL of each for what
an older version that still runs cannot bear, or what keeps a table locked."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.postgres.operations import NotInTransactionMixin
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from registry.kinds import Kind
from registry.migrations._again import PutCheck
from registry.models import Asset, Change, Fiber, Tower
from sharing.models import Consent, Demand, DemandList, ListStatus
from sharing.workflow import lists
from tests import factories
from tests.sharing.scene import Scene, by_hand

# Applied before there was a release that could be running meanwhile: columns that are not null, a column replaced, and
# indexes made or replaced on tables that held little.
BEFORE_THE_FIRST_RELEASE = {
    "registry": {
        "0003_masked_place_index", "0004_api", "0005_fewer_indexes", "0006_protected_places_only", "0011_time_zone",
        "0013_invitations", "0014_import_trials", "0015_grown_cells", "0017_terrain", "0024_rare_assets",
        "0025_review_index",
    },
    "sharing": {
        "0004_run_attempts", "0005_other_changes", "0007_openings", "0009_order_of_claims", "0010_mail_preferences",
        "0011_search", "0014_trail", "0015_leg_terrain", "0018_disjoint_by", "0019_event_at",
    },
}  # fmt: skip


def validates_under_lock(statements: list[str], **kwargs: object) -> bool:
    """Whether one transaction looks through a table while it keeps the lock by which it changed a constraint."""
    sql = " ".join(statements)
    return (
        sql.startswith("BEGIN")
        and "VALIDATE CONSTRAINT" in sql
        and re.search("(ADD|DROP) CONSTRAINT", sql) is not None
    )


class Analyser(PostgresqlAnalyser):  # type: ignore[misc]
    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        Check(
            code="VALIDATE_UNDER_LOCK", fn=validates_under_lock, mode=CheckMode.TRANSACTION, type=CheckType.ERROR,
            message="VALIDATE CONSTRAINT in the transaction that adds or drops one",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("app", list(BEFORE_THE_FIRST_RELEASE))
@pytest.mark.django_db(transaction=True)
def test_an_upgrade_needs_no_pause(app: str, capsys: pytest.CaptureFixture[str]):
    linter = MigrationLinter(
        include_apps=[app], no_cache=True, analyser_string="postgresql", all_warnings_as_errors=True
    )
    linter.sql_analyser_class = Analyser
    refused = set()
    for migration in linter.migration_loader.disk_migrations.values():
        if migration.app_label == app:
            linter.reset_counters()
            linter.lint_migration(migration)
            refused |= {migration.name} if linter.has_errors else set()
    assert refused == BEFORE_THE_FIRST_RELEASE[app], capsys.readouterr().out


def in_no_transaction(migration: Migration) -> bool:
    """Whether PostgreSQL refuses any of it in a transaction, as indexes that are made beside the site's work."""
    return any(isinstance(operation, NotInTransactionMixin) for operation in migration.operations)


COMMITTED_STEP_BY_STEP = [
    pytest.param(*key, marks=pytest.mark.django_db(transaction=in_no_transaction(migration)))
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items())
    if key[0] in BEFORE_THE_FIRST_RELEASE and not migration.atomic
]
IN_NO_TRANSACTION = [
    key for key, migration in sorted(MigrationLoader(None).disk_migrations.items()) if in_no_transaction(migration)
]


def steps(app: str, name: str, *, back: bool = False) -> list[tuple[Operation, Callable[[], None]]]:
    """The operations of a migration, each with what carries it out; back: with what takes it back, the last first."""
    loader = MigrationLoader(connection)
    before, found = loader.project_state((app, name), at_end=False), []
    for operation in loader.disk_migrations[app, name].operations:
        after = before.clone()
        operation.state_forwards(app, after)
        found.append((operation, partial(take_back if back else carry_out, operation, app, before, after)))
        before = after
    return found[::-1] if back else found


def carry_out(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> None:
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards(app, editor, before, after)


def take_back(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> None:
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards(app, editor, after, before)


def constraints() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        )
        return {(table, name): definition for table, name, definition in cursor.fetchall()}


@pytest.mark.parametrize(("app", "name"), COMMITTED_STEP_BY_STEP)
def test_an_upgrade_that_is_broken_off_after_any_step_can_be_run_again_and_no_table_is_without_its_constraints(
    app: str, name: str
):
    there, taken = constraints().keys(), [run for _operation, run in steps(app, name)]
    for run in taken:
        run()
    done = constraints()
    for broken_off_after in range(1, len(taken) + 1):
        for run in taken[:broken_off_after]:
            run()
            assert constraints().keys() == there
    assert constraints() == done


def indexes() -> dict[str, tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace"
        )
        return {name: (definition, valid) for name, definition, valid in cursor.fetchall()}


@pytest.mark.parametrize(("app", "name"), IN_NO_TRANSACTION)
@pytest.mark.django_db(transaction=True)
def test_indexes_come_and_go_beside_the_sites_work_though_each_step_is_broken_off_once_there_and_back(
    app: str, name: str
):
    there, constraints_there = indexes(), constraints()
    for _operation, run in steps(app, name, back=True):
        run()
        run()
        assert constraints() == constraints_there
    before = indexes()
    for _operation, run in steps(app, name):
        run()
        run()
        assert constraints() == constraints_there
    assert indexes() == there
    assert before != there and all(valid for _definition, valid in before.values())


@pytest.mark.django_db(transaction=True)
def test_what_is_left_of_an_index_whose_making_was_broken_off_is_made_anew():
    definition, _valid = indexes()["allocation_held"]
    [(_operation, make)] = steps("registry", "0037_held_lines")
    at_work = connection.copy()
    with connection.cursor() as cursor, at_work.cursor() as theirs:
        cursor.execute("DROP INDEX allocation_held")
        theirs.execute("BEGIN; LOCK TABLE registry_allocation IN ROW EXCLUSIVE MODE")
        cursor.execute("SET lock_timeout TO '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            make()
        cursor.execute("RESET lock_timeout")
    at_work.close()
    assert indexes()["allocation_held"] == (definition, False)
    make()
    assert indexes()["allocation_held"] == (definition, True)


@pytest.mark.django_db(transaction=True)
def test_protected_assets_without_a_reason_are_taken_at_every_step_of_the_upgrade_and_it_can_be_run_again():
    taken = steps("registry", "0032_reasons_of_protection")
    owner = factories.organization()

    def unsaid() -> Asset:
        asset = factories.asset(owner, protection="restricted", capacity=40)
        Asset.objects.filter(pk=asset.pk).update(protection_reason="")
        return asset

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_asset DROP CONSTRAINT asset_protection_has_a_reason")
    old = unsaid()
    for broken_off_after in range(1, len(taken) + 1):
        for operation, run in taken[:broken_off_after]:
            if isinstance(operation, PutCheck) and operation is taken[broken_off_after - 1][0]:
                unsaid()  # By the older version, until then.
            run()
            factories.allocate(old, 1)
    reasons = Asset.objects.values_list("protection_reason", flat=True)
    assert {*reasons} == {"not stated (未说明)"}
    noted = Change.objects.filter(row=old.pk, act="update").latest("pk")
    assert (noted.before, noted.after, noted.actor) == (
        {"protection_reason": ""}, {"protection_reason": "not stated (未说明)"}, None,
    )  # fmt: skip


def test_who_asked_for_a_consent_is_noted_by_the_upgrade_where_the_older_version_did_not(db: None):
    scene = Scene()
    scene.consented()
    by_hand("UPDATE sharing_consent SET asked_by_id = NULL")
    for _operation, run in steps("sharing", "0030_decided_rows_stay"):
        run()
    assert Consent.objects.get().asked_by == scene.asker


def test_lines_of_a_list_that_was_reopened_before_the_upgrade_count_as_changed_then(db: None):
    scene = Scene()
    elsewhere = factories.demand(factories.demand_list(scene.party))
    lists.reopen(scene.list, actor=scene.asker)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP FUNCTION sharing_note_changed() CASCADE")
    for _operation, run in steps("sharing", "0031_changed_lines"):
        run()
    reopened = scene.list.events.get(type="list.reopened")
    assert [Demand.objects.get(pk=one.pk).changed_at for one in (scene.demand, elsewhere)] == [
        reopened.occurred_at,
        None,
    ]


def test_figures_without_an_end_are_emptied_by_the_upgrade(db: None):
    owner = factories.organization()
    mast, cable = factories.asset(owner), factories.asset(owner, Kind.FIBER)
    line = factories.demand(factories.demand_list(owner))
    for table, name in (
        ("registry_tower", "tower_figures_are_finite"),
        ("registry_fiber", "fiber_figures_are_finite"),
        ("sharing_demand", "demand_figures_are_finite"),
    ):
        by_hand(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    Tower.objects.filter(pk=mast.pk).update(height_m=float("nan"), backup_h=8)
    Fiber.objects.filter(pk=cable.pk).update(splice_loss_db=float("inf"))
    Demand.objects.filter(pk=line.pk).update(min_backup_h=float("nan"), mounting_height_m=12)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _operation, run in (*steps("registry", "0036_finite_figures"), *steps("sharing", "0033_finite_figures")):
        run()
    assert Tower.objects.values_list("height_m", "backup_h").get(pk=mast.pk) == (None, 8)
    assert Fiber.objects.get(pk=cable.pk).splice_loss_db == 0.1
    assert Demand.objects.values_list("min_backup_h", "mounting_height_m").get(pk=line.pk) == (None, 12)


def test_lists_that_were_closed_as_drafts_before_the_upgrade_have_no_time_of_submission_any_more(db: None):
    scene, party = Scene(), factories.organization()
    never, back, anew, drafted = (factories.demand_list(party, ListStatus.DRAFT) for _ in range(4))
    for one in (never, back, anew, drafted):
        factories.demand(one)
    for one in (back, anew, drafted):
        lists.submit(one, actor=None)
        lists.reopen(one, actor=factories.member(party))
    lists.submit(anew, actor=None)
    handed_in = DemandList.objects.get(pk=anew.pk).submitted_at
    for one in (never, back, anew):
        lists.close(one, actor=factories.member(party))
    DemandList.objects.filter(pk__in=[never.pk, back.pk, drafted.pk]).update(submitted_at=handed_in)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for _operation, run in steps("sharing", "0034_discarded_drafts"):
        run()
    kept = dict(DemandList.objects.values_list("pk", "submitted_at"))
    assert [kept[one.pk] for one in (never, back, anew, drafted)] == [None, None, handed_in, None]
    assert kept[scene.list.pk] is not None
