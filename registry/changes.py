"""What a change changed, in words. Of a place only that it changed, whoever reads."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from registry.models import Act, Change

LONGEST = 60


def differences(change: Change) -> Iterator[str]:
    """Each column that differs with its values before and after; of what was made or removed each that had one."""
    if change.before is None and change.after is None:
        return
    before, after = change.before or {}, change.after or {}
    for field in change.model._meta.concrete_fields:
        was, became = before.get(field.column), after.get(field.column)
        if was is None and became is None:
            continue
        if field.column == "geometry":
            yield _("place changed") if change.act == Act.UPDATE else str(field.verbose_name)
        elif change.act == Act.UPDATE:
            yield _named(field, f"{_text(was)} → {_text(became)}")
        else:
            yield _named(field, _text(was if became is None else became))


def _named(field: Any, value: str) -> str:
    return _("%(name)s: %(value)s") % {"name": field.verbose_name, "value": value}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = _(", ").join(map(str, value)) if isinstance(value, list) else str(value)
    if value in (None, "", []):
        return "–"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
