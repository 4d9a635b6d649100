"""What an organization draws beside its assets: planned facilities and areas of terrain, published, changed and
removed by its editors, for every door alike.

What the database refuses is raised as it is (IntegrityError, ProtectedError): registry.refusals has the words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.errors import NotYours
from registry.models import PlannedFacility, Role, TerrainArea, User

Owned = TypeVar("Owned", PlannedFacility, TerrainArea)


@dataclass(frozen=True, slots=True)
class OwnedWriting(Generic[Owned]):
    """The writing of one noun. refusal: told to who is no editor of the owner."""

    model: type[Owned]
    refusal: Promise

    def create(self, values: Mapping[str, Any], *, actor: User) -> Owned:
        """One of an organization that `actor` edits for. Raises NotYours, as do the others."""
        self._check(values["owner"].pk, actor)
        return self.model.objects.create(**values)

    def change(self, found: Owned, values: Mapping[str, Any], *, actor: User) -> Owned:
        """The changed columns of a locked one; the owner stays."""
        self._check(found.owner_id, actor)
        for name, value in values.items():
            setattr(found, name, value)
        found.save(update_fields=list(values))
        return found

    def delete(self, found: Owned, *, actor: User) -> None:
        """Removes one: a plan only while no space is reserved in it."""
        self._check(found.owner_id, actor)
        found.delete()

    def may_change(self, owner_id: int, actor: User) -> bool:
        return actor.can_as(Role.EDITOR, owner_id)

    def _check(self, owner_id: int, actor: User) -> None:
        if not self.may_change(owner_id, actor):
            raise NotYours(str(self.refusal), "owner")


PLANS = OwnedWriting(PlannedFacility, _("Plans are published and changed by their owner's editors."))
TERRAIN = OwnedWriting(TerrainArea, _("Areas of terrain are kept by their owner's editors."))
