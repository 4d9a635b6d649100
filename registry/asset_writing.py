"""Assets listed, changed and taken off by their owners: who may write what, for every door alike.

An asset is two rows, its own and its kind's details, which are written together. What the database refuses is raised
as it is (IntegrityError, ProtectedError): registry.refusals has the words. Call these inside a transaction, and `lock`
before an asset is changed or deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.cells import lock_cells
from registry.errors import BadInput, NotYours
from registry.kinds import Kind, short
from registry.models import Asset, Duct, EquipmentRoom, Fiber, Protection, Role, Tower, User

# What commits the organization, and so is for its managers.
TERMS = ("open_to_sectors", "price_per_unit_year", "terms")
PROTECTION = ("protection", "protection_reason")
REVIEW = "protection_review_on"
# Of an asset that is listed these too; its region says which regulator decides on it.
OF_LISTED = (*PROTECTION, REVIEW, "region")
DETAILS: dict[str, type[Model]] = {
    Kind.TOWER.value: Tower,
    Kind.DUCT.value: Duct,
    Kind.FIBER.value: Fiber,
    Kind.EQUIPMENT_ROOM.value: EquipmentRoom,
}
BATCH = 1000

# The columns of an asset by name; under `details` those of its kind.
Values = Mapping[str, Any]


def create(values: Values, *, actor: User) -> Asset:
    """A new asset of an organization that `actor` edits for; in the owner's home region where none is given."""
    return create_many([values], actor=actor)[0]


def create_many(rows: Sequence[Values], *, actor: User) -> list[Asset]:
    """All of `rows`, in a number of queries that does not depend on how many."""
    for values in rows:
        check_rights(None, values, actor)
    power_within_cooling("DEFERRED")
    assets = [_asset(values) for values in rows]
    Asset.objects.bulk_create(assets, batch_size=BATCH)
    details: dict[type[Model], list[Model]] = {}
    for asset, values in zip(assets, rows, strict=True):
        model = DETAILS[asset.kind]
        details.setdefault(model, []).append(model(asset=asset, **values.get("details", {})))
    for model, made in details.items():
        model._default_manager.bulk_create(made, batch_size=BATCH)
    power_within_cooling("IMMEDIATE")
    return assets


def lock(asset_id: int) -> Asset:
    """The asset, to be changed or deleted."""
    lock_cells([asset_id], to_change=True)
    return Asset.objects.select_for_update(no_key=True).get(pk=asset_id)


def lock_to_remove(asset_ids: Iterable[int]) -> None:
    """The assets, to be deleted. Who is about to refer to one of them waits, so that what is found to do so is all."""
    ids = list(asset_ids)
    lock_cells(ids, to_change=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM registry_asset WHERE id = ANY (%s) ORDER BY id FOR UPDATE", [ids])


def change(asset: Asset, values: Values, *, actor: User) -> Asset:
    """The changed columns of a locked asset, and of its details."""
    check_rights(asset, values, actor)
    own = {name: value for name, value in values.items() if name != "details"}
    power_within_cooling("DEFERRED")
    for name, value in own.items():
        setattr(asset, name, value)
    # Not what the ledger keeps of the row.
    asset.save(update_fields=[*own, "updated_at"])
    if values.get("details"):
        DETAILS[asset.kind]._default_manager.update_or_create(asset=asset, defaults=values["details"])
    power_within_cooling("IMMEDIATE")
    return asset


def set_terms(ids: Sequence[int], values: Values, *, actor: User) -> int:
    """The same terms of sharing for many assets, or for none where one of them is another's to set. How many."""
    lock_cells(ids)
    locked = Asset.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").only("pk", "owner")
    found = list(locked)
    for asset in found:
        check_rights(asset, values, actor)
    return Asset.objects.filter(pk__in=[asset.pk for asset in found]).update(**values, updated_at=timezone.now())


def confirm_levels(ids: Sequence[int], *, until: date, actor: User) -> int:
    """That the levels of these protected assets stand, until they are reviewed again on the day `until`; of all, or of
    none where one of them is another's. How many. Raises BadInput where one is open."""
    if Asset.objects.filter(pk__in=ids, protection=Protection.OPEN).exists():
        raise BadInput(_("An open asset has no level of protection to review."), "assets")
    return set_terms(ids, {REVIEW: until}, actor=actor)


def delete(asset: Asset, *, actor: User) -> None:
    """Takes an asset that no ledger line and no match refers to off the registry."""
    _check_role(asset.owner_id, Role.EDITOR, actor, "owner")
    lock_to_remove([asset.pk])
    asset.delete()


def may_change(owner_id: int, actor: User) -> bool:
    return actor.can_as(Role.EDITOR, owner_id)


def may_set_terms(owner_id: int, actor: User) -> bool:
    return actor.can_as(Role.MANAGER, owner_id)


def check_rights(asset: Asset | None, values: Values, actor: User) -> None:
    """Editors keep assets; terms, and the protection and region of what is listed already, are for managers. Of a new
    asset whoever lists it may set the protection, as that shows less than is shown without. Raises NotYours."""
    owner_id = asset.owner_id if asset else values["owner"].pk
    _check_role(owner_id, Role.EDITOR, actor, "owner")
    for name in TERMS if asset is None else (*TERMS, *OF_LISTED):
        if name in values:
            _check_role(owner_id, Role.MANAGER, actor, name)


def power_within_cooling(when: str) -> None:
    """A room's power and cooling stand in two rows, and are compared when both are written: DEFERRED before the first,
    IMMEDIATE after the second."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS power_within_cooling {when}")


def _check_role(organization_id: int, role: Role, actor: User, field: str) -> None:
    if not actor.can_as(role, organization_id):
        raise NotYours(_("This takes a member who is at least %(role)s there.") % {"role": short(role.label)}, field)


def _asset(values: Values) -> Asset:
    own = {name: value for name, value in values.items() if name != "details"}
    own.setdefault("region", own["owner"].region)
    return Asset(**own)
