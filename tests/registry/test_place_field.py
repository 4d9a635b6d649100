"""Places typed or pasted: what is taken, and what the refusals tell people to do."""

import json

import pytest
from django.contrib.gis.geos import LineString, Point
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from registry.place_field import PlaceField


def cleaned(text: str, geometry_type: str = "GEOMETRY"):
    return PlaceField(geometry_type=geometry_type).clean(text)


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_wkt_and_geojson_mean_the_same_place(longitude: float, latitude: float):
    point = Point(longitude, latitude, srid=4326)
    for text in (
        point.wkt,
        point.ewkt,
        point.geojson,
        json.dumps({"type": "Feature", "geometry": json.loads(point.json)}),
    ):
        taken = cleaned(text)
        assert taken.srid == 4326
        assert taken.coords == pytest.approx(point.coords, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "LINESTRING Z (114 30 5, 115 31 6)", "LINESTRING(114 30 5, 115 31 6)", "LINESTRING M (114 30 5, 115 31 6)",
        "LINESTRING ZM (114 30 5 7, 115 31 6 8)",
        '{"type": "LineString", "coordinates": [[114, 30, 5], [115, 31, 6]]}',
    ],
)  # fmt: skip
def test_heights_and_measures_are_dropped(text: str):
    assert cleaned(text).ewkt == LineString((114, 30), (115, 31), srid=4326).ewkt


def test_another_reference_system_is_converted():
    taken = cleaned("SRID=2154;POINT(770000 6280000)")
    expected = Transformer.from_crs(2154, 4326, always_xy=True).transform(770000, 6280000)
    assert taken.coords == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Wuhan", "neither WKT nor GeoJSON"),
        ("POINT(114)", "neither WKT nor GeoJSON"),
        ('{"type": "Point"}', "neither WKT nor GeoJSON"),
        ("{", "neither WKT nor GeoJSON"),
        pytest.param('{"type":' * 10_000 + "1" + "}" * 10_000, "neither WKT nor GeoJSON", id="nested deeply"),
        ('{"type": "Feature", "geometry": null}', "neither WKT nor GeoJSON"),
        ("[1, 2]", "neither WKT nor GeoJSON"),
        ("POINT EMPTY", "has no coordinates"),
        ("POLYGON((0 0, 1 0, 1 1))", "an outline does not end where it began"),
        ("POINT(30.59 114.30)", "The latitude 114.3 is impossible; longitude and latitude look swapped."),
        ("POINT(500000 3400000)", "Projected coordinates need their SRID"),
        ("POINT(200 10)", "Longitudes lie within ±180°"),
        ("SRID=999999;POINT(1 2)", "SRID 999999 is unknown"),
        ("POINT(NaN NaN)", "has no coordinates"),
        ("POINT(NaN 1)", "A coordinate is no number."),
        ("POINT(inf 2)", "neither WKT nor GeoJSON"),
        ("LINESTRING(1 1, 2 2)", "A POINT is needed here, this is a LINESTRING."),
    ],
)
def test_what_cannot_be_a_place_is_refused_with_what_to_do(text: str, problem: str):
    with pytest.raises(ValidationError) as info:
        cleaned(text, "POINT")
    assert problem in info.value.messages[0]


def test_empty_is_nothing_where_it_may_be():
    assert PlaceField(required=False).clean(" ") is None
    with pytest.raises(ValidationError):
        PlaceField().clean("")


def test_an_untouched_place_has_not_changed():
    point = Point(114.3, 30.6, srid=4326)
    field = PlaceField()
    assert not field.has_changed(point, field.prepare_value(point) + "\r\n")
    assert field.has_changed(point, "POINT (114.3 30.7)")
    assert not field.has_changed(None, "")


@given(st.text())
def test_any_text_is_a_place_or_a_refusal(text: str):
    try:
        PlaceField(required=False).clean(text)
    except ValidationError as error:
        assert error.messages
