"""Areas of terrain drawn, changed and removed by their owners, for every door alike.

What the database refuses is raised as it is (IntegrityError): registry.refusals has the words.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from registry.errors import NotYours
from registry.models import Role, TerrainArea, User


def create(values: Mapping[str, Any], *, actor: User) -> TerrainArea:
    """An area of an organization that `actor` edits for."""
    _check(values["owner"].pk, actor)
    return TerrainArea.objects.create(**values)


def change(area: TerrainArea, values: Mapping[str, Any], *, actor: User) -> TerrainArea:
    """The changed columns of a locked area; the owner stays."""
    _check(area.owner_id, actor)
    for name, value in values.items():
        setattr(area, name, value)
    area.save(update_fields=list(values))
    return area


def delete(area: TerrainArea, *, actor: User) -> None:
    """Removes an area: what is built there costs again what open ground costs."""
    _check(area.owner_id, actor)
    area.delete()


def may_change(owner_id: int, actor: User) -> bool:
    return actor.can_as(Role.EDITOR, owner_id)


def _check(owner_id: int, actor: User) -> None:
    if not may_change(owner_id, actor):
        raise NotYours(_("Areas of terrain are kept by their owner's editors."), "owner")
