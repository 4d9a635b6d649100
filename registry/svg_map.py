"""A map as inline SVG, drawn on the server from geometries alone: no tiles, no script, no request to anywhere.

Everything is styled by classes of a stylesheet, so it holds under a strict Content-Security-Policy. The projection is
equirectangular about the middle of what is shown, true to scale there; over a city its error is below a pixel.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, LineString, Point, Polygon
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from registry.models import Asset, User

METRES_PER_DEGREE = 111_319.49  # of latitude, and of longitude on the equator: WGS 84's equatorial radius
WIDTH, HEIGHT, PADDING = 800, 460, 44  # px
LEAST_SPAN_M = 300.0
NEIGHBOURS = 150
CHARACTER_PX = 7  # of a label, roughly

XY = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """Something on the map.

    geometry: WGS 84. role: its class in the stylesheet (leg, gap, place, neighbour). label: what it is, for whoever
    points at it or listens. mark: a short text drawn at its middle. radius_m: a circle around a point, in metres.
    framed: whether the map must show all of it; context is cut off at the edge.
    """

    geometry: GEOSGeometry
    role: str
    label: str = ""
    mark: str = ""
    radius_m: float | None = None
    framed: bool = True


@dataclass(frozen=True)
class Frame:
    """Which place of the earth a pixel shows. metres: of one pixel."""

    longitude: float
    latitude: float
    metres: float

    @classmethod
    def around(cls, shapes: Sequence[Shape]) -> "Frame | None":
        """The frame that shows all framed shapes; None when there are none."""
        boxes = [_box(shape) for shape in shapes if shape.framed and not shape.geometry.empty]
        if not boxes:
            return None
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
        latitude = (south + north) / 2
        across = (east - west) * METRES_PER_DEGREE * _shrink(latitude)
        along = (north - south) * METRES_PER_DEGREE
        metres = max(
            max(across, LEAST_SPAN_M) / (WIDTH - 2 * PADDING),
            max(along, LEAST_SPAN_M) / (HEIGHT - 2 * PADDING),
        )
        return cls((west + east) / 2, latitude, metres)

    def pixel(self, longitude: float, latitude: float) -> XY:
        """Where a place falls, in px from the upper left."""
        x = (longitude - self.longitude) * METRES_PER_DEGREE * _shrink(self.latitude) / self.metres
        y = (latitude - self.latitude) * METRES_PER_DEGREE / self.metres
        return WIDTH / 2 + x, HEIGHT / 2 - y

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of what is shown, in degrees."""
        along = HEIGHT / 2 * self.metres / METRES_PER_DEGREE
        across = WIDTH / 2 * self.metres / METRES_PER_DEGREE / _shrink(self.latitude)
        return self.longitude - across, self.latitude - along, self.longitude + across, self.latitude + along

    def box(self) -> Polygon:
        """What is shown, as a polygon to look things up by."""
        box: Polygon = Polygon.from_bbox(self.bounds())
        box.srid = 4326
        return box


def draw(shapes: Sequence[Shape], *, title: str) -> SafeString:
    """The map of `shapes` in the order given (the last on top), or an empty text when there is nothing to frame."""
    frame = Frame.around(shapes)
    if frame is None:
        return mark_safe("")
    shown = [shape for shape in shapes if not shape.geometry.empty]
    parts = [
        *_graticule(frame),
        *(part for shape in shown for part in _shape(frame, shape)),
        *(part for shape in shown if shape.mark for part in _mark(frame, shape)),
        *_scale_bar(frame),
    ]
    return format_html(
        '<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">'
        '<rect class="map-ground" width="{}" height="{}" />{}</svg>',
        WIDTH,
        HEIGHT,
        title,
        WIDTH,
        HEIGHT,
        mark_safe("".join(parts)),
    )


def neighbours(frame: Frame, user: User, *, besides: Collection[int], **conditions: Any) -> list[Shape]:
    """The assets that `user` may know to be inside the frame, each where they may know it to be; a map's most."""
    box = frame.box()
    placed: Any = Asset.objects.visible_to(user).with_place_for(user).meeting(box).filter(**conditions)
    near = placed.filter(place__bboverlaps=box).exclude(pk__in=besides).only("code", "name")
    return [Shape(one.place, "neighbour", str(one), framed=False) for one in near[:NEIGHBOURS]]


def nice(number: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is not above `number`.

    >>> nice(730), nice(0.031)
    (500.0, 0.02)
    """
    power = math.floor(math.log10(number))
    digit = next(digit for digit in (5, 2, 1) if digit * 10.0**power <= number * (1 + 1e-9))
    return round(digit * 10.0**power, -power if power < 0 else 0)


def _shrink(latitude: float) -> float:
    return max(math.cos(math.radians(latitude)), 0.01)


def _box(shape: Shape) -> tuple[float, float, float, float]:
    west, south, east, north = shape.geometry.extent
    along = (shape.radius_m or 0) / METRES_PER_DEGREE
    across = along / _shrink((south + north) / 2)
    return west - across, south - along, east + across, north + along


def _shape(frame: Frame, shape: Shape) -> Iterator[str]:
    title = format_html("<title>{}</title>", shape.label) if shape.label else ""
    role = conditional_escape(shape.role)
    for part in _parts(shape.geometry):
        if isinstance(part, Point):
            x, y = frame.pixel(part.x, part.y)
            if shape.radius_m:
                radius = shape.radius_m / frame.metres
                yield f'<circle class="map-radius" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" />'
            yield f'<circle class="map-{role} map-point" cx="{x:.1f}" cy="{y:.1f}" r="6">{title}</circle>'
        else:
            rings: Any = [part.coords] if isinstance(part, LineString) else part.coords  # type: ignore[attr-defined]
            closed = "" if isinstance(part, LineString) else " Z"
            path = " ".join(_path(frame, ring) + closed for ring in rings)
            shape_class = "map-line" if isinstance(part, LineString) else "map-area"
            yield f'<path class="map-{role} {shape_class}" d="{path}">{title}</path>'


def _parts(geometry: GEOSGeometry) -> Iterator[GEOSGeometry]:
    if hasattr(geometry, "num_geom") and geometry.geom_type.startswith(("Multi", "GeometryCollection")):
        for index in range(geometry.num_geom):
            yield from _parts(geometry[index])
    else:
        yield geometry


def _path(frame: Frame, coordinates: Iterable[Sequence[float]]) -> str:
    """Points that fall on the same tenth of a pixel are drawn once."""
    drawn: list[str] = []
    for longitude, latitude, *_height in coordinates:
        x, y = frame.pixel(longitude, latitude)
        point = f"{x:.1f} {y:.1f}"
        if not drawn or drawn[-1] != point:
            drawn.append(point)
    return "M" + " L".join(drawn)


def _mark(frame: Frame, shape: Shape) -> Iterator[str]:
    part = next(_parts(shape.geometry))
    if isinstance(part, LineString):
        middle = part.interpolate_normalized(0.5)
        x, y = frame.pixel(middle.x, middle.y)
    else:
        centre = part.centroid
        x, y = frame.pixel(centre.x, centre.y)
        y -= 16
    half = 8 + CHARACTER_PX * (len(shape.mark) - 1) / 2
    yield (
        f'<rect class="map-mark map-mark-{conditional_escape(shape.role)}" x="{x - half:.1f}" y="{y - 8:.1f}" '
        f'width="{2 * half:.1f}" height="16" rx="8" />'
        f'<text class="map-mark-text" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">'
        f"{conditional_escape(shape.mark)}</text>"
    )


def _graticule(frame: Frame) -> Iterator[str]:
    west, south, east, north = frame.bounds()
    step = _step(east - west, 6)
    digits = max(0, -math.floor(math.log10(step)))
    for longitude in _multiples(step, west, east):
        x, _y = frame.pixel(longitude, frame.latitude)
        yield f'<line class="map-grid" x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{HEIGHT}" />'
        side = "E" if longitude >= 0 else "W"
        if PADDING < x < WIDTH - PADDING:
            yield (
                f'<text class="map-grid-text" x="{x:.1f}" y="17" text-anchor="middle">'
                f"{abs(longitude):.{digits}f}° {side}</text>"
            )
    step = _step(north - south, 4)
    digits = max(0, -math.floor(math.log10(step)))
    for latitude in _multiples(step, south, north):
        _x, y = frame.pixel(frame.longitude, latitude)
        yield f'<line class="map-grid" x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" />'
        side = "N" if latitude >= 0 else "S"
        if PADDING / 2 < y < HEIGHT - PADDING:
            yield f'<text class="map-grid-text" x="4" y="{y - 3:.1f}">{abs(latitude):.{digits}f}° {side}</text>'


def _step(span: float, most: int) -> float:
    """A nice distance between lines: it divides `span` into at most so many parts, and at least two fifths of that."""
    return nice(2.5 * span / most)


def _multiples(step: float, low: float, high: float) -> Iterator[float]:
    for count in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield count * step


def _scale_bar(frame: Frame) -> Iterator[str]:
    metres = nice(WIDTH / 4 * frame.metres)
    length = metres / frame.metres
    text = _("%(n)g km") % {"n": metres / 1000} if metres >= 1000 else _("%(n)g m") % {"n": metres}
    left, bottom = WIDTH - 16 - length, HEIGHT - 14
    yield (
        f'<path class="map-scale" d="M{left:.1f} {bottom - 6} V{bottom} H{WIDTH - 16} V{bottom - 6}" />'
        f'<text class="map-scale-text" x="{left + length / 2:.1f}" y="{bottom - 5}" text-anchor="middle">'
        f"{conditional_escape(text)}</text>"
    )
