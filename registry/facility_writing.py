"""Planned facilities published, changed and withdrawn by their owners, for every door alike.

What the database refuses is raised as it is (IntegrityError, ProtectedError): registry.refusals has the words.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from registry.errors import NotYours
from registry.models import PlannedFacility, Role, User


def create(values: Mapping[str, Any], *, actor: User) -> PlannedFacility:
    """A plan of an organization that `actor` edits for."""
    _check(values["owner"].pk, actor)
    return PlannedFacility.objects.create(**values)


def change(facility: PlannedFacility, values: Mapping[str, Any], *, actor: User) -> PlannedFacility:
    """The changed columns of a locked plan; the owner stays."""
    _check(facility.owner_id, actor)
    for name, value in values.items():
        setattr(facility, name, value)
    facility.save(update_fields=list(values))
    return facility


def delete(facility: PlannedFacility, *, actor: User) -> None:
    """Withdraws a plan in which no space is reserved."""
    _check(facility.owner_id, actor)
    facility.delete()


def may_change(owner_id: int, actor: User) -> bool:
    return actor.can_as(Role.EDITOR, owner_id)


def _check(owner_id: int, actor: User) -> None:
    if not may_change(owner_id, actor):
        raise NotYours(_("Plans are published and changed by their owner's editors."), "owner")
