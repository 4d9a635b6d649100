"""The details of each kind, typed, with units in their names."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from registry.api.serializers import ModelBody
from registry.kinds import Kind
from registry.models import Duct, EquipmentRoom, Fiber, Tower


class TowerDetails(ModelBody[Tower]):
    class Meta:
        model = Tower
        exclude = ("asset",)


class DuctDetails(ModelBody[Duct]):
    class Meta:
        model = Duct
        exclude = ("asset",)


class FiberDetails(ModelBody[Fiber]):
    class Meta:
        model = Fiber
        exclude = ("asset",)


class EquipmentRoomDetails(ModelBody[EquipmentRoom]):
    class Meta:
        model = EquipmentRoom
        exclude = ("asset",)


DETAILS: dict[str, type[serializers.ModelSerializer[Any]]] = {
    Kind.TOWER.value: TowerDetails,
    Kind.DUCT.value: DuctDetails,
    Kind.FIBER.value: FiberDetails,
    Kind.EQUIPMENT_ROOM.value: EquipmentRoomDetails,
}


@extend_schema_field(
    PolymorphicProxySerializer("AssetDetails", serializers=list(DETAILS.values()), resource_type_field_name=None)
)
class DetailsField(serializers.DictField):
    """The columns of the asset's own kind."""


def column_names(kind: str) -> tuple[str, ...]:
    """The names of a kind's own columns."""
    model: Any = DETAILS[kind].Meta.model
    return tuple(field.name for field in model._meta.concrete_fields if field.name != "asset")
