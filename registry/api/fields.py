"""The fields that models have and JSON has not: places, periods, and parties and regions by their codes."""

import json
import re
from datetime import date
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from registry.api.serializers import UNKNOWN
from registry.models import Organization, Region
from registry.models.region import region_text, split_region
from registry.place_field import PlaceField

POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
LINE = {"type": "array", "items": POSITION, "minItems": 2}
# Of the coordinates, which tell it themselves (RFC 7946, 5).
BBOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
NESTED = {"type": "array", "items": {}, "minItems": 1}
# With years before and behind that a calendar has too.
MONTH = r"^[1-8][0-9]{3}-(0[1-9]|1[0-2])$"
GEOJSON_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
MEMBERS = frozenset({"type", "coordinates", "bbox"})
# Of each type the GeoJSON types that will do, and what their coordinates are.
GEOMETRIES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "POINT": (("Point",), POSITION),
    "LINESTRING": (("LineString",), LINE),
    "MULTIPOLYGON": (("Polygon", "MultiPolygon"), NESTED),
    "GEOMETRY": (GEOJSON_TYPES, NESTED),
}


def geometry_schema(geometry_type: str, *, null: bool = False) -> dict[str, Any]:
    """The JSON schema of a GeoJSON geometry (RFC 7946, 3.1)."""
    names, coordinates = GEOMETRIES[geometry_type]
    return {
        "type": ["object", "null"] if null else "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string", "enum": list(names)}, "coordinates": coordinates, "bbox": BBOX},
        "additionalProperties": False,
        "description": "GeoJSON geometry, WGS 84, longitude before latitude.",
    }


class GeometryField(serializers.Field[Any, Any, Any, Any]):
    """A GeoJSON geometry in WGS 84 (RFC 7946). geometry_type: POINT, LINESTRING, MULTIPOLYGON (a polygon
    will do), or GEOMETRY for any. A member that it knows nothing of may say how to read the rest, as `crs` did before
    RFC 7946, and is refused."""

    default_error_messages = {
        "bbox": _("The bounding box of a geometry is an array of numbers."),
        "geojson": _(
            "A GeoJSON geometry is needed: an object with type and coordinates, outlines ending where they began."
        ),
    }

    def __init__(self, *, geometry_type: str = "GEOMETRY", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.geometry_type = geometry_type
        self.reader = PlaceField(geometry_type=geometry_type)
        self._spectacular_annotation = {"field": geometry_schema(geometry_type, null=self.allow_null)}

    def to_internal_value(self, data: Any) -> GEOSGeometry:
        if not isinstance(data, dict) or not isinstance(data.get("coordinates"), list):
            self.fail("geojson")
        self._check_members(data)
        try:
            return self.reader.checked(shapely.from_geojson(json.dumps(data)))
        except shapely.errors.GEOSException as error:
            raise serializers.ValidationError(self.error_messages["geojson"], code="geojson") from error
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code or "invalid") from error

    def to_representation(self, value: Any) -> Any:
        return json.loads(value if isinstance(value, str) else value.geojson)

    def _check_members(self, data: dict[str, Any]) -> None:
        # A collection is refused as a whole.
        known = MEMBERS | {"geometries"} if data.get("type") == "GeometryCollection" else MEMBERS
        faults = {name: [ErrorDetail(str(UNKNOWN), "unknown_field")] for name in data if name not in known}
        box = data.get("bbox", [0, 0, 0, 0])
        if not isinstance(box, list) or not 4 <= len(box) <= 6 or not all(map(is_number, box)):
            faults["bbox"] = [ErrorDetail(str(self.error_messages["bbox"]), "bbox")]
        if faults:
            raise serializers.ValidationError(faults)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@extend_schema_field(
    {
        "type": "object",
        "required": ["start"],
        "properties": {
            "start": {"type": "string", "format": "date", "description": "The first day."},
            "end": {
                "type": ["string", "null"],
                "format": "date",
                "description": "The day after the last; null for without end.",
            },
        },
        "additionalProperties": False,
    }
)
class PeriodField(serializers.Field[Any, Any, Any, Any]):
    """A range of days, from the first up to, not including, the last; without end where `end` is null."""

    default_error_messages = {
        "object": _("A period is an object with start and end."),
        "order": _("The end comes after the start."),
    }
    day = serializers.DateField()

    def to_internal_value(self, data: Any) -> DateRange:
        if not isinstance(data, dict) or not {"start"} <= set(data) <= {"start", "end"}:
            self.fail("object")
        errors, days = {}, {}
        for name in ("start", "end"):
            try:
                days[name] = None if name == "end" and data.get(name) is None else self.day.run_validation(data[name])
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        start, end = days["start"], days["end"]
        if end is not None and end <= start:
            self.fail("order")
        return DateRange(start, end)

    def to_representation(self, value: DateRange) -> dict[str, str | None]:
        def text(day: date | None) -> str | None:
            return day.isoformat() if day else None

        return {"start": text(value.lower), "end": text(value.upper)}


@extend_schema_field({"type": "string", "pattern": MONTH, "example": "2026-11"})
class MonthField(serializers.Field[Any, Any, Any, Any]):
    """A month as 2026-11. Its value is the first day."""

    default_error_messages = {"month": _("Write a month as 2026-11.")}

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not re.fullmatch(MONTH, data):
            self.fail("month")
        return date.fromisoformat(f"{data}-01")

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


@extend_schema_field({"type": "object", "properties": {"first": {"type": "integer"}, "last": {"type": "integer"}}})
class UnitsField(serializers.Field[Any, Any, Any, Any]):
    """A run of unit numbers, first and last included."""

    def to_representation(self, value: Any) -> dict[str, int]:
        return {"first": value.lower, "last": value.upper - 1}


class Remembered:
    """Looks each value up once for a whole body, so that a bulk of thousands asks the database a handful of times."""

    def to_internal_value(self, data: Any) -> Any:
        memory: dict[Any, Any] = self.root.__dict__.setdefault("_looked_up", {})  # type: ignore[attr-defined]
        key = (type(self), getattr(self, "slug_field", ""), str(data))
        if not isinstance(data, str | int):
            return super().to_internal_value(data)  # type: ignore[misc]
        if key not in memory:
            memory[key] = super().to_internal_value(data)  # type: ignore[misc]
        return memory[key]


class RelatedField(Remembered, serializers.PrimaryKeyRelatedField[Any]):
    """An object that the caller may see, by its id; any other is as absent as one that does not exist."""

    default_error_messages = {"does_not_exist": _("There is no such object.")}

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["view"].user)


class OrganizationField(Remembered, serializers.SlugRelatedField[Organization]):
    """An organization by its code."""

    default_error_messages = {"does_not_exist": _("There is no organization with this code.")}

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs.get("read_only"):
            kwargs["queryset"] = Organization.objects.select_related("region", "regulates")
        super().__init__(slug_field="code", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not data.isprintable():
            self.fail("does_not_exist")
        return super().to_internal_value(data)


class RegionByCode(serializers.Field[Any, Any, Any, Any]):
    """A region by its code: six digits of GB/T 2260, or `scheme:code` of another scheme."""

    default_error_messages = {"does_not_exist": _("There is no region with this code.")}

    def to_internal_value(self, data: Any) -> Region:
        scheme, code = split_region(data if isinstance(data, str) else "")
        if not 0 < len(code) <= 16 or not code.isprintable():
            self.fail("does_not_exist")
        found = Region.objects.filter(scheme=scheme, code=code).first()
        if found is None:
            self.fail("does_not_exist")
        return found

    def to_representation(self, value: Region) -> str:
        return region_text(value.scheme, value.code)


class RegionField(Remembered, RegionByCode):
    """As RegionByCode, each code looked up once for a whole body."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        text = "Six digits of GB/T 2260, or scheme:code."
        schema = {"type": ["string", "null"] if self.allow_null else "string", "description": text}
        self._spectacular_annotation = {"field": schema}
