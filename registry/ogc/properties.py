"""What is told of a feature beside its place: each property has a name, a type, and the expression that is shown,
filtered and compared alike, so that no filter reads what is not shown."""

from dataclasses import dataclass, replace
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func
from django.utils.functional import Promise

TYPES: tuple[tuple[type[Any], str, str], ...] = (
    (models.BooleanField, "boolean", ""),
    (models.IntegerField, "integer", ""),
    (models.ForeignKey, "integer", ""),
    (models.FloatField, "number", ""),
    (models.DecimalField, "number", ""),
    (models.DateTimeField, "string", "date-time"),
    (models.DateField, "string", "date"),
    (ArrayField, "array", ""),
)


@dataclass(frozen=True)
class Property:
    """type, format: of JSON Schema. values: all that it can be, where these are few. expression: over the rows of the
    collection; null where this viewer is not told."""

    name: str
    title: str | Promise
    type: str
    expression: Any
    format: str = ""
    values: tuple[Any, ...] = ()

    @property
    def key(self) -> str:
        """The name of its column in a query, where the property's own may be a field's."""
        return f"property_{self.name}"

    @property
    def is_simple(self) -> bool:
        """Whether a parameter of its own can ask for it."""
        return self.type != "array"

    def renamed(self, name: str) -> Self:
        return replace(self, name=name)

    def schema(self) -> dict[str, Any]:
        """JSON Schema, as queryables and the OpenAPI document have it."""
        title = str(self.title)
        schema: dict[str, Any] = {"title": title[:1].upper() + title[1:], "type": self.type}
        if self.format:
            schema["format"] = self.format
        values = {"enum": list(self.values)} if self.values else {}
        return schema | ({"items": {"type": "string", **values}} if self.type == "array" else values)


def of_field(model: type[models.Model], name: str, expression: Any = None, title: str | Promise = "") -> Property:
    """The property that shows a model's field, by default as it stands."""
    field: Any = model._meta.get_field(name)
    field = field.output_field if isinstance(field, models.GeneratedField) else field
    type, format = next(((type, format) for cls, type, format in TYPES if isinstance(field, cls)), ("string", ""))
    choices = field.base_field.choices if type == "array" else field.choices
    values = tuple(value for value, _label in choices or () if value != "")
    shown = F(name) if expression is None else expression
    if format == "date-time":
        # GDAL keeps seconds as a float of four bytes, in which 59.999999 is 60 and makes its readers stumble.
        shown = Func(
            shown, template="date_trunc('milliseconds', %(expressions)s)", output_field=models.DateTimeField()
        )
    named = title or model._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return Property(name, named, type, shown, format, values)


def of_fields(model: type[models.Model], *names: str) -> tuple[Property, ...]:
    return tuple(of_field(model, name) for name in names)
