"""What an asset is, in words: its own columns and those of its kind's details, each with its unit."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.exports.assets import untold
from registry.kinds import KINDS


@dataclass(frozen=True)
class Fact:
    name: str
    value: Any


def facts(asset: Any) -> list[Fact]:
    """Those that are known, with the details of the asset's kind; its lengths where its exact place may be known."""
    kind = KINDS[asset.kind]
    known = [
        Fact(_("Kind"), asset.get_kind_display()),
        Fact(
            _("Free today"),
            _("%(free)d of %(capacity)d %(units)s")
            % {"free": asset.free_today, "capacity": asset.capacity, "units": kind.units},
        ),
        *_columns(asset, kind.loads),
    ]
    if kind.is_route and asset.place_is_exact:
        known.append(Fact(_("Length, m"), number_format(round(asset.length_m))))
    if not asset.place_is_exact:
        width = _("a grid cell of %(degrees)s°") % {"degrees": f"{asset.cell_degrees:g}"}
        known.append(Fact(_("Place"), width))
    if asset.available_from:
        known.append(Fact(_("Available from"), date_format(asset.available_from, "SHORT_DATE_FORMAT")))
    details = getattr(asset, asset.kind, None)
    if details is not None:
        hidden = untold(asset)
        names = [field.name for field in details._meta.concrete_fields if field.name != "asset"]
        known += _columns(details, [name for name in names if f"{asset.kind}__{name}" not in hidden])
    return known


def _columns(row: models.Model, names: Any) -> Iterator[Fact]:
    for name in names:
        field: Any = row._meta.get_field(name)
        value = getattr(row, name)
        if value in (None, "", []):
            continue
        yield Fact(capfirst(str(field.verbose_name)), _shown(row, field, value))


def _shown(row: Any, field: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    if isinstance(value, Decimal):
        return number_format(value.normalize() if value % 1 else value.to_integral())
    return f"{value:g}" if isinstance(value, float) else value
