"""What migrations share that commit after each step: steps that can be taken again, where one was broken off."""

from typing import Any

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations
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
