"""What lists can be filtered by. A filter by place compares what the caller may know of a place, and nothing else."""

import math
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import shapely
from django import forms
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, F, Func, Q, QuerySet, TextField, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from registry.models import Region, User
from registry.models.region import split_region
from registry.places import fault_of
from registry.search import ILike

MOST_RADIUS_M = 200_000
HAIR = 1e-9
METRES_PER_DEGREE = 110_574  # of latitude, at the equator where it is least: WGS 84
MOST_CORNERS = 200


class FilterRefused(Exception):
    """Filters that make no sense together. parameter: the one at fault."""

    def __init__(self, parameter: str, reason: str | Promise) -> None:
        self.parameter, self.reason = parameter, reason
        super().__init__(str(reason))


class Filters(filters.FilterSet):
    """Only the filters that a call uses are made: copying a hundred of them costs more than the query."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        self.base_filters = OrderedDict(
            (name, known) for name, known in type(self).base_filters.items() if data and name in data
        )
        super().__init__(data, *args, **kwargs)

    @property
    def user(self) -> User:
        """Who asks, where the filters were told by the request."""
        user = self.request.user if self.request else None
        assert isinstance(user, User), "the permissions have let no one else in"
        return user


class PlainText(forms.CharField):
    """Text that PostgreSQL can hold."""

    def clean(self, value: Any) -> Any:
        if value and "\x00" in value:
            raise ValidationError(_("The character NUL is not text."), code="invalid")
        return super().clean(value)


class TextFilter(filters.CharFilter):
    """Contains, whatever the case, in one of `columns`; on their trigram index."""

    field_class = PlainText

    def __init__(self, *columns: str, **kwargs: Any) -> None:
        names = " or ".join(column.rpartition("__")[2] for column in columns)
        super().__init__(max_length=100, help_text=f"Text contained in {names}.", **kwargs)
        self.columns = columns

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        condition = Q()
        for column in self.columns:
            condition |= Q(**{f"{column}__{ILike.lookup_name}": value})
        return qs.filter(condition)


class CodeFilter(filters.CharFilter):
    field_class = PlainText


class ChoicesField(forms.Field):
    """One or more of some words, with commas between."""

    def __init__(self, *, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.values = [str(value) for value, _label in choices]

    def clean(self, value: Any) -> list[str]:
        wanted = [part.strip() for part in str(value or "").split(",") if part.strip()]
        strange = [part for part in wanted if part not in self.values]
        if strange:
            raise ValidationError(_("One or more of: %(names)s.") % {"names": ", ".join(self.values)}, code="choice")
        return wanted


class ChoicesFilter(filters.Filter):
    """`status=planned,in_service`: any of some words."""

    field_class = ChoicesField

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        names = ", ".join(str(value) for value, _label in choices)
        super().__init__(*args, choices=choices, help_text=f"One or more, with commas between: {names}.", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class SinceFilter(filters.IsoDateTimeFilter):
    """`since=2027-01-31T12:00:00Z`: at that moment or later, by any of several columns. what: as in a sentence."""

    def __init__(self, *columns: str, what: str) -> None:
        super().__init__(help_text=f"ISO 8601 moment; {what} then or later.")
        self.columns = columns

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value is None:
            return qs
        condition = Q()
        for column in self.columns:
            condition |= Q(**{f"{column}__gte": value})
        return qs.filter(condition)


class RegionFilter(filters.CharFilter):
    """`region=4201`: the regions whose code begins so; a whole code (420100) means the region and all inside it. of:
    whose region it is, where that is not said by the object itself."""

    field_class = PlainText

    def __init__(self, field_name: str = "region", *, of: str = "", **kwargs: Any) -> None:
        text = "A region's code or the beginning of codes; `scheme:code` outside GB/T 2260."
        text = f"{of}: {text[0].lower()}{text[1:]}" if of else text
        super().__init__(field_name=field_name, max_length=40, help_text=text, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        scheme, code = split_region(value)
        prefix = Region.prefix_of(scheme, code)
        # By their ids: PostgreSQL knows how many rows have them, and compares them before all that is dear.
        inside = Region.objects.filter(scheme=scheme, code__startswith=prefix).values_list("pk", flat=True)
        return qs.filter(**{f"{self.field_name}__in": list(inside)})


class BoxField(forms.CharField):
    """west,south,east,north in degrees; across the antimeridian where west is east of east (RFC 7946, 5.2)."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        west, south, east, north = _numbers(text, 4)
        if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
            raise ValidationError(_("Four numbers: west,south,east,north in degrees."), code="bbox")
        if west <= east:
            return _box(west, south, east, north)
        return MultiPolygon(_box(west, south, 180, north), _box(-180, south, east, north), srid=4326)


class NearField(forms.CharField):
    """lon,lat in degrees."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        lon, lat = _numbers(text, 2)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise ValidationError(_("Two numbers: longitude,latitude in degrees."), code="near")
        return Point(lon, lat, srid=4326)


class AreaField(forms.CharField):
    """lon lat,lon lat,…: the corners of a polygon in degrees; the last joins the first."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        corners = [_numbers(part.replace(" ", ","), 2) for part in text.split(",")]
        if not 3 <= len(corners) <= MOST_CORNERS:
            raise ValidationError(
                _("3 to %(most)d corners: longitude latitude,longitude latitude,…") % {"most": MOST_CORNERS},
                code="area",
            )
        fault = fault_of(shapely.Polygon(corners))
        if fault:
            raise ValidationError(fault.reason, code="area")
        return Polygon([*corners, corners[0]], srid=4326)


def everywhere(rows: Any, box: Any) -> Any:
    """All rows: no index is known by which those whose place can meet the box are found."""
    return rows


def by_geometry(rows: Any, box: Any) -> Any:
    """The rows whose geometry, which everybody may know, has a box that meets `box`, by its index."""
    return rows.filter(geometry__bboverlaps=box)


class AreaFilter(filters.CharFilter):
    """`area=114.1 30.5,114.2 30.5,114.2 30.6`, of the place that the caller may know, as BoxFilter."""

    field_class = AreaField

    def __init__(self, indexed: Callable[[Any, Any], Any] = everywhere, **kwargs: Any) -> None:
        text = "Corners of a polygon, lon lat,lon lat,… in degrees of WGS 84; places that meet it, as far as known."
        super().__init__(max_length=10_000, help_text=text, **kwargs)
        self.indexed = indexed

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else self.indexed(qs, value).filter(compared(Q(place__intersects=value)))


class BoxFilter(filters.CharFilter):
    """`bbox=west,south,east,north`, of the place that the caller may know (`place`). `indexed` gives the rows
    whose place can meet a box, found by an index, so that few are left to compare."""

    field_class = BoxField

    def __init__(self, indexed: Callable[[Any, Any], Any] = everywhere, **kwargs: Any) -> None:
        text = "west,south,east,north in degrees of WGS 84; places that meet this box, as far as you may know them."
        super().__init__(max_length=200, help_text=text, **kwargs)
        self.indexed = indexed

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value is None else self.indexed(qs, value).filter(compared(Q(place__intersects=value)))


class NearFilters(Filters):
    """`near=lon,lat&radius=metres`, of the place that the caller may know (`place`), on the ellipsoid.

    indexed: gives the rows whose place can meet a box, found by an index, so that few are left to compare.
    """

    indexed: ClassVar[Callable[[Any, Any], Any]] = everywhere

    near = filters.CharFilter(
        method="filter_near", help_text="lon,lat in degrees of WGS 84; within `radius` metres, as far as you may know."
    )
    radius = filters.NumberFilter(
        method="filter_radius", min_value=0, max_value=MOST_RADIUS_M, help_text="Metres around `near`."
    )

    def filter_near(self, queryset: Any, name: str, value: str) -> Any:
        point = self._read("near", NearField(), value)
        radius = self.form.cleaned_data.get("radius")
        if radius is None:
            raise FilterRefused("near", _("This needs %(other)s as well.") % {"other": "radius"})
        rows = type(self).indexed(queryset, around(point, float(radius)))
        return rows.filter(compared(within_distance("place", point, float(radius))))

    def filter_radius(self, queryset: Any, name: str, value: Decimal) -> Any:
        return self._only_beside("near", queryset, name)

    def _only_beside(self, other: str, queryset: Any, name: str) -> Any:
        """Read by another filter; alone it has no meaning."""
        if not (self.data or {}).get(other):
            raise FilterRefused(name, _("This needs %(other)s as well.") % {"other": other})
        return queryset

    def _read(self, name: str, field: Any, value: str) -> Any:
        try:
            return field.clean(value)
        except Exception as error:
            messages = getattr(error, "messages", None)
            if messages is None:
                raise
            raise FilterRefused(name, " ".join(messages)) from error


def compared(condition: Any) -> Case:
    """A condition that follows one which an index answers, and seldom refuses what that one finds. Spelt so that
    PostgreSQL expects half to remain: of functions on a place it expects one row in a hundred thousand, and would
    gather and sort half the catalog for a page of a wide box."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def within_distance(column: str, point: Point, radius_m: float) -> Func:
    """Whether the place in `column` is within so many metres of a point, on the ellipsoid of WGS 84."""
    place = Func(F(column), function="geography", output_field=TextField())
    centre = Func(Value(point.ewkt), function="ST_GeogFromText", output_field=TextField())
    return Func(place, centre, Value(radius_m), function="ST_DWithin", output_field=BooleanField())


def around(point: Point, radius_m: float) -> Polygon | MultiPolygon:
    """A box that holds every place within `radius_m` of the point."""
    lat = radius_m / METRES_PER_DEGREE
    south, north = max(point.y - lat, -90.0), min(point.y + lat, 90.0)
    narrowest = math.cos(math.radians(max(abs(south), abs(north))))
    lon = lat / narrowest if narrowest > 0.01 else 360.0
    if lon >= 180:
        return _box(-180, south, 180, north)
    west, east = point.x - lon, point.x + lon
    if west < -180:
        return MultiPolygon(_box(west + 360, south, 180, north), _box(-180, south, east, north), srid=4326)
    if east > 180:
        return MultiPolygon(_box(west, south, 180, north), _box(-180, south, east - 360, north), srid=4326)
    return _box(west, south, east, north)


def _box(west: float, south: float, east: float, north: float) -> Polygon:
    # A box without area is no valid polygon: a hair (0.1 mm) makes it one.
    box = Polygon.from_bbox((west, south, max(east, west + HAIR), max(north, south + HAIR)))
    box.srid = 4326
    return box


def _numbers(text: str, count: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValidationError(_("%(count)d numbers with commas between.") % {"count": count}, code="numbers")
    return numbers
