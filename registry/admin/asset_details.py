"""The details of an asset's kind, on the asset's own page."""

from typing import Any

from django.http import HttpRequest

from registry.admin.base import RestrictedForm, RestrictedStackedInline
from registry.exports.assets import untold
from registry.kinds import Kind
from registry.models import Asset, Duct, EquipmentRoom, Fiber, Tower


class DetailsForm(RestrictedForm):
    def has_changed(self) -> bool:
        """New details are written even when all is left as it stands: an asset always has its row of details."""
        return self.instance._state.adding or super().has_changed()


class DetailsInline(RestrictedStackedInline):
    form = DetailsForm
    max_num = 1

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Without what goes with the exact place, where the person may not know that."""
        fields = super().get_fields(request, obj)
        hidden = untold(obj)
        return [name for name in fields if f"{obj and obj.kind}__{name}" not in hidden]

    def get_extra(self, request: HttpRequest, obj: Asset | None = None, **kwargs: Any) -> int:
        """An empty form for an asset that has no details yet."""
        return 1


class TowerInline(DetailsInline):
    model = Tower


class DuctInline(DetailsInline):
    model = Duct


class FiberInline(DetailsInline):
    model = Fiber


class EquipmentRoomInline(DetailsInline):
    model = EquipmentRoom


DETAILS: dict[str, type[DetailsInline]] = {
    Kind.TOWER: TowerInline,
    Kind.DUCT: DuctInline,
    Kind.FIBER: FiberInline,
    Kind.EQUIPMENT_ROOM: EquipmentRoomInline,
}
