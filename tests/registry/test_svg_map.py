"""The map drawn on the server: places where they belong, nothing that a strict policy forbids."""

import math
import re
from xml.etree import ElementTree

import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, MultiPolygon, Point, Polygon
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from registry.svg_map import HEIGHT, PADDING, WIDTH, Frame, Shape, draw, nice

LONGITUDES, LATITUDES = st.floats(100, 130), st.floats(-60, 60)
places = st.tuples(LONGITUDES, LATITUDES)
near = st.tuples(st.floats(114.2, 114.4), st.floats(30.5, 30.7))
WGS84 = Geod(ellps="WGS84")


def parts(svg: str, role: str) -> list[ElementTree.Element]:
    return [part for part in ElementTree.fromstring(svg) if role in part.attrib.get("class", "").split()]


def point(at: tuple[float, float]) -> Point:
    return Point(*at, srid=4326)


@given(st.lists(places, min_size=1, max_size=5))
def test_all_that_is_framed_lies_inside_the_padding(ats: list[tuple[float, float]]):
    frame = Frame.around([Shape(point(at), "leg") for at in ats])
    assert frame is not None
    for at in ats:
        x, y = frame.pixel(*at)
        assert PADDING - 0.01 <= x <= WIDTH - PADDING + 0.01
        assert PADDING - 0.01 <= y <= HEIGHT - PADDING + 0.01


@given(near, near)
def test_distances_on_the_map_are_true_to_its_scale(one: tuple[float, float], other: tuple[float, float]):
    frame = Frame.around([Shape(point(one), "leg"), Shape(point(other), "leg")])
    assert frame is not None
    (x1, y1), (x2, y2) = frame.pixel(*one), frame.pixel(*other)
    drawn = math.hypot(x1 - x2, y1 - y2) * frame.metres
    true = WGS84.inv(*one, *other)[2]
    assert drawn == pytest.approx(true, rel=0.01, abs=0.1)


@given(near, st.floats(10, 5000))
def test_a_radius_is_drawn_to_scale_and_fits(at: tuple[float, float], radius: float):
    svg = draw([Shape(point(at), "place", radius_m=radius)], title="x")
    frame = Frame.around([Shape(point(at), "place", radius_m=radius)])
    assert frame is not None
    [circle] = parts(svg, "map-radius")
    assert float(circle.attrib["r"]) * frame.metres == pytest.approx(radius, rel=0.01, abs=frame.metres / 10)
    assert float(circle.attrib["r"]) <= (HEIGHT - 2 * PADDING) / 2 + 0.1


@given(st.floats(1e-6, 1e6))
def test_a_nice_number_is_one_two_or_five_and_at_least_half_of_what_is_there(number: float):
    chosen = nice(number)
    assert number / 2.5 * (1 - 1e-6) <= chosen <= number * (1 + 1e-6)
    assert f"{chosen:e}"[0] in "125"
    assert float(f"{chosen:.0e}") == pytest.approx(chosen)


def test_the_map_shows_legs_gaps_marks_and_labels():
    svg = draw(
        [
            Shape(LineString((114.30, 30.59), (114.31, 30.60), srid=4326), "leg", "Duct <1>", "1"),
            Shape(LineString((114.31, 30.60), (114.32, 30.60), srid=4326), "gap", "Gap", "2"),
            Shape(point((114.30, 30.59)), "place", "From", "A"),
        ],
        title="Match <7>",
    )
    root = ElementTree.fromstring(svg)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "Match <7>")
    assert [part.tag for part in parts(svg, "map-line")] == ["path", "path"]
    [leg] = parts(svg, "map-leg")
    assert leg.find("title").text == "Duct <1>"  # type: ignore[union-attr]
    assert [part.text for part in parts(svg, "map-mark-text")] == ["1", "2", "A"]
    [scale] = parts(svg, "map-scale-text")
    assert scale.text == "500 m"


def test_the_scale_bar_is_as_long_as_it_says():
    svg = draw([Shape(LineString((114.0, 30.0), (115.0, 30.5), srid=4326), "leg")], title="x")
    frame = Frame.around([Shape(LineString((114.0, 30.0), (115.0, 30.5), srid=4326), "leg")])
    assert frame is not None
    [bar] = parts(svg, "map-scale")
    left, right = re.findall(r"[MH](-?[\d.]+)", bar.attrib["d"])
    [text] = parts(svg, "map-scale-text")
    assert text.text == "20 km"
    assert (float(right) - float(left)) * frame.metres == pytest.approx(20_000, rel=0.01)


def test_meridians_and_parallels_are_labelled_where_they_are():
    svg = draw([Shape(LineString((114.0, 30.0), (114.1, 30.05), srid=4326), "leg")], title="x")
    labels = [part.text for part in parts(svg, "map-grid-text")]
    assert labels == ["114.00° E", "114.05° E", "114.10° E", "30.00° N", "30.02° N", "30.04° N"]


def test_every_kind_of_geometry_is_drawn():
    square = Polygon(((114.0, 30.0), (114.1, 30.0), (114.1, 30.1), (114.0, 30.0)), srid=4326)
    collection = GEOSGeometry(
        "SRID=4326;GEOMETRYCOLLECTION(POINT(114.05 30.05),MULTILINESTRING((114 30,114.1 30.1),(114 30.1,114.1 30)))"
    )
    svg = draw([Shape(MultiPolygon(square, srid=4326), "plan"), Shape(collection, "leg", mark="1")], title="x")
    assert [len(parts(svg, f"map-{form}")) for form in ("area", "line", "point")] == [1, 2, 1]


def test_context_is_drawn_but_does_not_widen_the_frame():
    own = Shape(point((114.3, 30.6)), "leg")
    far = Shape(point((120.0, 40.0)), "neighbour", framed=False)
    assert Frame.around([own, far]) == Frame.around([own])
    assert len(parts(draw([far, own], title="x"), "map-neighbour")) == 1


def test_nothing_to_frame_is_no_map():
    assert draw([], title="x") == ""
    assert draw([Shape(GEOSGeometry("SRID=4326;POINT EMPTY"), "leg")], title="x") == ""


@given(st.lists(near, min_size=2, max_size=30), st.text(max_size=20))
def test_it_holds_under_a_strict_content_security_policy(ats: list[tuple[float, float]], label: str):
    svg = draw([Shape(LineString(*ats, srid=4326), "leg", label.replace("\x00", ""), "1")], title="Map")
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href|url\(", svg.replace(label, ""))


def test_points_on_the_same_spot_are_drawn_once():
    line = LineString(*[(114.3 + n * 1e-9, 30.6) for n in range(5000)], (114.4, 30.6), srid=4326)
    [path] = parts(draw([Shape(line, "leg")], title="x"), "map-leg")
    assert path.attrib["d"].count("L") == 1
