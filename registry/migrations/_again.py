"""What migrations share that commit after each step: steps that can be taken again, where one was broken off."""

from typing import Any

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    NotInTransactionMixin,
    RemoveIndexConcurrently,
)
from django.db import migrations, models
from django.db.migrations.state import ProjectState


class AddColumn(migrations.AddField):
    """A column that may be there already."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        schema_editor.sql_create_column = "ALTER TABLE %(table)s ADD COLUMN IF NOT EXISTS %(column)s %(definition)s"
        super().database_forwards(app_label, schema_editor, *states)


class PutCheck(AddConstraintNotValid):
    """A check, not yet valid, in the place of the one by its name where there is one: in one statement, so that the
    table is never without."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_constraint(app_label, self.model_name_lower, self.constraint.name)
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        schema_editor.sql_create_check = (
            "ALTER TABLE %(table)s DROP CONSTRAINT IF EXISTS %(name)s, ADD CONSTRAINT %(name)s CHECK (%(check)s)"
        )
        super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        super().database_backwards(app_label, schema_editor, *states)
        _after, before = states
        for constraint in before.models[app_label, self.model_name_lower].options["constraints"]:
            if constraint.name == self.constraint.name:
                schema_editor.add_constraint(before.apps.get_model(app_label, self.model_name), constraint)


class PutIndex(AddIndexConcurrently):
    """An index, made beside the site's work."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._ensure_not_in_transaction(schema_editor)
        put_index(schema_editor, states[1].apps.get_model(app_label, self.model_name), self.index)


class TakeIndex(RemoveIndexConcurrently):
    """An index that goes, where it is still there."""

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._ensure_not_in_transaction(schema_editor)
        index = states[1].models[app_label, self.model_name_lower].get_index_by_name(self.name)
        put_index(schema_editor, states[1].apps.get_model(app_label, self.model_name), index)


class TakeIndexOfKey(NotInTransactionMixin, migrations.AlterField):
    """A foreign key loses the index of its own, where another begins with its column. As AlterField does it, the table
    would be locked, and for a while without its constraint."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._ensure_not_in_transaction(schema_editor)
        schema_editor.remove_index(*self._index(app_label, schema_editor, states[1]), concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: ProjectState) -> None:
        self._ensure_not_in_transaction(schema_editor)
        put_index(schema_editor, *self._index(app_label, schema_editor, states[1]))

    def _index(
        self, app_label: str, schema_editor: Any, state: ProjectState
    ) -> tuple[type[models.Model], models.Index]:
        """By the name that Django gives it."""
        model = state.apps.get_model(app_label, self.model_name)
        name = schema_editor._create_index_name(model._meta.db_table, [model._meta.get_field(self.name).column])
        return model, models.Index(fields=[self.name], name=name)


def put_index(schema_editor: Any, model: type[models.Model], index: models.Index) -> None:
    """Makes an index where it is not there yet. What is left of one whose making was broken off, as by a transaction
    that it waited for too long, answers nothing and goes first."""
    if not schema_editor.collect_sql:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid", [index.name])
            if cursor.fetchone():
                return
    schema_editor.remove_index(model, index, concurrently=True)
    schema_editor.add_index(model, index, concurrently=True)
