"""What an import can fill, read off the models: each column's type, and its unit from its name."""

from dataclasses import dataclass
from typing import Literal

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from registry.importing.quantities import UNITS
from registry.kinds import Kind
from registry.models import Asset, Duct, EquipmentRoom, Fiber, Tower

DETAILS: dict[str, type[models.Model]] = {
    Kind.TOWER: Tower,
    Kind.DUCT: Duct,
    Kind.FIBER: Fiber,
    Kind.EQUIPMENT_ROOM: EquipmentRoom,
}
ASSET_FIELDS = (
    "status",
    "available_from",
    "capacity",
    "weight_kg",
    "wind_area_m2",
    "power_kw",
    "open_to_sectors",
    "price_per_unit_year",
    "terms",
    "protection",
    "protection_reason",
    "protection_review_on",
)
UNNAMED_UNITS = {"fill_limit": "share", "price_per_unit_year": "money", "budget_per_year": "money"}
ValueType = Literal["text", "integer", "quantity", "boolean", "date", "choice", "choices"]


@dataclass(frozen=True, slots=True)
class ImportField:
    """One column of the registry that a file can fill.

    type: how cells are read. unit: a key of quantities.UNITS, "" for bare numbers. sql_type: of the staging column.
    minimum, maximum: of numbers, None without limit. max_length: of text, or None.
    """

    name: str
    type: ValueType
    unit: str = ""
    choices: tuple[str, ...] = ()
    sql_type: str = "text"
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None


def asset_fields() -> dict[str, ImportField]:
    return {name: import_field(Asset, name) for name in ASSET_FIELDS}


def detail_fields(kind: str) -> dict[str, ImportField]:
    """The columns of the kind's own table."""
    model = DETAILS[kind]
    return {
        field.name: import_field(model, field.name) for field in model._meta.concrete_fields if field.name != "asset"
    }


def import_field(model: type[models.Model], name: str) -> ImportField:
    """The import field that fills `model.name`."""
    field = model._meta.get_field(name)
    if isinstance(field, ArrayField):
        choices = tuple(str(value) for value, _label in field.base_field.choices or ())
        return ImportField(name, "choices", choices=choices, sql_type="character varying[]")
    if isinstance(field, models.BooleanField):
        return ImportField(name, "boolean", sql_type="boolean")
    if isinstance(field, models.DateField):
        return ImportField(name, "date", sql_type="date")
    if isinstance(field, models.IntegerField):
        least, most = connection.ops.integer_field_range(field.get_internal_type())
        return ImportField(name, "integer", sql_type="integer", minimum=least, maximum=most)
    if isinstance(field, models.DecimalField):
        sql_type = f"numeric({field.max_digits},{field.decimal_places})"
        limit = 10.0 ** (field.max_digits - field.decimal_places) - 1
        return ImportField(name, "quantity", unit_of(name), sql_type=sql_type, minimum=-limit, maximum=limit)
    if isinstance(field, models.FloatField):
        return ImportField(name, "quantity", unit_of(name), sql_type="double precision")
    if isinstance(field, models.Field) and field.choices:
        return ImportField(name, "choice", choices=tuple(str(value) for value, _label in field.flatchoices))
    length = field.max_length if isinstance(field, models.CharField) else None
    return ImportField(name, "text", max_length=length)


def unit_of(name: str) -> str:
    """The unit that ends a column's name, or that it has without saying so; "" where it has none.

    >>> unit_of("floor_load_kn_m2"), unit_of("height_m"), unit_of("fill_limit"), unit_of("max_detour")
    ('kn_m2', 'm', 'share', '')
    """
    if name in UNNAMED_UNITS:
        return UNNAMED_UNITS[name]
    fitting = [unit for unit in UNITS if name.endswith(f"_{unit}")]
    return max(fitting, key=len, default="")
