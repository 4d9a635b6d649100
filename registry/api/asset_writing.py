"""Assets listed and changed by their owners: one, or up to five thousand at once, all or none."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api import problems
from registry.api.asset_details import DETAILS, DetailsField
from registry.api.fields import GeometryField, OrganizationField, RegionField, RelatedField
from registry.api.problems import Problem
from registry.api.serializers import ModelBody
from registry.kinds import KINDS
from registry.models import Asset, PlannedFacility, Role, Sector, User

# What commits the organization, and so is for its managers.
TERMS = ("open_to_sectors", "price_per_unit_year", "terms")
PROTECTION = ("protection", "protection_reason")
REPORTED = 100
BATCH = 1000


class AssetBody(ModelBody[Asset]):
    """An asset as its owner states it. `details` are the columns of its kind."""

    owner = OrganizationField()
    region = RegionField(required=False)
    place = GeometryField(source="geometry")
    planned_facility = RelatedField(queryset=PlannedFacility.objects.all(), required=False, allow_null=True)
    open_to_sectors = serializers.ListField(child=serializers.ChoiceField(choices=Sector.choices), required=False)
    details = DetailsField(required=False)

    class Meta:
        model = Asset
        fields = (
            "owner", "code", "name", "kind", "status", "region", "place", "planned_facility", "available_from",
            "capacity", "weight_kg", "wind_area_m2", "power_kw", *TERMS, *PROTECTION, "source", "details",
        )  # fmt: skip
        validators: tuple[Any, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The geometry and the details must be the kind's."""
        kind = self.instance.kind if self.instance else attrs["kind"]
        place = attrs.get("geometry")
        if place is not None and place.geom_type != KINDS[kind].geometry:
            wanted = _("This kind is a %(wanted)s, the geometry a %(given)s.") % {
                "wanted": KINDS[kind].geometry,
                "given": place.geom_type,
            }
            raise serializers.ValidationError({"place": [ErrorDetail(wanted, "type")]})
        if "details" in attrs:
            details = DETAILS[kind](data=attrs["details"], partial=self.partial)
            if not details.is_valid():
                raise serializers.ValidationError({"details": details.errors})
            attrs["details"] = details.validated_data
        return attrs


class AssetChange(AssetBody):
    """Owner and kind stay as they are."""

    owner = OrganizationField(read_only=True)

    class Meta(AssetBody.Meta):
        read_only_fields = ("kind",)


def create(values: Mapping[str, Any], *, actor: User) -> Asset:
    """A new asset of an organization that `actor` edits for."""
    check_rights(None, values, actor, path="#")
    return _insert([values])[0]


def create_many(rows: Sequence[Mapping[str, Any]], *, actor: User) -> list[Asset]:
    """All of `rows`, or none and a report of what is wrong with which, the first hundred faults of it."""
    for number, values in enumerate(rows):
        check_rights(None, values, actor, path=f"#/{number}")
    try:
        with transaction.atomic():
            return _insert(rows)
    except IntegrityError:
        faults = _faults(rows)
        raise Problem("bad_input", _("Nothing was written; see errors."), errors=faults) from None


def change(asset: Asset, values: Mapping[str, Any], *, actor: User) -> Asset:
    """The changed columns of a locked asset, and of its details."""
    check_rights(asset, values, actor, path="#")
    own = {name: value for name, value in values.items() if name != "details"}
    _power_within_cooling("DEFERRED")
    for name, value in own.items():
        setattr(asset, name, value)
    # Not what the ledger keeps of the row.
    asset.save(update_fields=[*own, "updated_at"])
    if values.get("details"):
        model: Any = DETAILS[asset.kind].Meta.model
        model._default_manager.update_or_create(asset=asset, defaults=values["details"])
    _power_within_cooling("IMMEDIATE")
    return asset


def delete(asset: Asset, *, actor: User) -> None:
    """Takes an asset that no ledger line and no match refers to off the registry."""
    _check_role(asset.owner_id, Role.EDITOR, actor, "#")
    asset.delete()


def may_change(owner_id: int, actor: User) -> bool:
    return owner_id in actor.organizations_as(Role.EDITOR)


def check_rights(asset: Asset | None, values: Mapping[str, Any], actor: User, *, path: str) -> None:
    """Editors keep assets; terms, and the protection of what is listed already, are for managers."""
    owner_id = asset.owner_id if asset else values["owner"].pk
    _check_role(owner_id, Role.EDITOR, actor, f"{path}/owner")
    kept = TERMS if asset is None else (*TERMS, *PROTECTION)
    for name in kept:
        if name in values:
            _check_role(owner_id, Role.MANAGER, actor, f"{path}/{name}")


def _check_role(organization_id: int, role: Role, actor: User, pointer: str) -> None:
    if organization_id not in actor.organizations_as(role):
        detail = _("This takes a member who is at least %(role)s there.") % {"role": role.value}
        raise Problem("not_yours", detail, errors=[{"pointer": pointer, "code": "role", "detail": detail}])


def _insert(rows: Sequence[Mapping[str, Any]]) -> list[Asset]:
    _power_within_cooling("DEFERRED")
    assets = [_asset(values) for values in rows]
    Asset.objects.bulk_create(assets, batch_size=BATCH)
    details: dict[type[Model], list[Model]] = {}
    for asset, values in zip(assets, rows, strict=True):
        model: Any = DETAILS[asset.kind].Meta.model
        details.setdefault(model, []).append(model(asset=asset, **values.get("details", {})))
    for model, made in details.items():
        model._default_manager.bulk_create(made, batch_size=BATCH)
    _power_within_cooling("IMMEDIATE")
    return assets


def _asset(values: Mapping[str, Any]) -> Asset:
    own = {name: value for name, value in values.items() if name != "details"}
    own.setdefault("region", own["owner"].region)
    return Asset(**own)


def _faults(rows: Sequence[Mapping[str, Any]]) -> problems.Errors:
    """What the database refuses of each row, tried one by one and undone."""
    faults: problems.Errors = []
    with transaction.atomic():
        for number, values in enumerate(rows):
            try:
                with transaction.atomic():
                    _insert([values])
            except IntegrityError as error:
                for fault in problems.of(error).errors:
                    faults.append({**fault, "pointer": f"#/{number}{fault['pointer'][1:]}"})
            if len(faults) >= REPORTED:
                break
        transaction.set_rollback(True)
    return faults


def _power_within_cooling(when: str) -> None:
    """A room's power and cooling stand in two rows, and are compared when both are written."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS power_within_cooling {when}")
