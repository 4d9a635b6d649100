"""Checks that the figures of a table are numbers that end, by steps that can be taken again."""

from collections.abc import Mapping
from math import inf

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from registry.migrations._again import PutCheck


def figures_are_finite(table: str, name: str, emptied: Mapping[str, float | None]) -> list[Operation]:
    """emptied: column -> what takes the place of a figure that is none.

    First such figures are emptied, then the check is put, then those that came between are emptied: not valid, it holds
    for each change of an old row already.
    """
    model = table.split("_")[1]
    ends = {column: f"{column} > '-Infinity' AND {column} < 'Infinity'" for column in emptied}
    anew = ", ".join(
        f"{column} = CASE WHEN {ends[column]} THEN {column} ELSE {'NULL' if empty is None else empty} END"
        for column, empty in emptied.items()
    )
    empty_out = f"UPDATE {table} SET {anew} WHERE NOT ({' AND '.join(ends.values())})"
    condition = models.Q()
    for column in emptied:
        condition &= models.Q((f"{column}__gt", -inf), (f"{column}__lt", inf)) | models.Q((column, None))
    return [
        migrations.RunSQL(empty_out, migrations.RunSQL.noop),
        PutCheck(model_name=model, constraint=models.CheckConstraint(condition=condition, name=name)),
        migrations.RunSQL(empty_out, migrations.RunSQL.noop),
        ValidateConstraint(model_name=model, name=name),
    ]
