import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from registry.importing.coordinates import (
    bd09_shift,
    bd09_to_wgs84,
    crs_name,
    from_wkt,
    gcj02_shift,
    gcj02_to_wgs84,
    parse_angle,
    parse_angles,
    to_wgs84,
)
from registry.importing.places import conform, place_codes
from registry.importing.table import UnreadableFile

LON, LAT = st.floats(73.5, 135), st.floats(3.5, 53.5)


def geometries(*texts: str | None) -> np.ndarray:
    return np.array([None if text is None else shapely.from_wkt(text) for text in texts], dtype=object)


def zeros(count: int) -> np.ndarray:
    return np.zeros(count, dtype=np.int64)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("30.5868", 30.5868),
        ("30,5868", 30.5868),
        ("30°35'12.48\"N", 30.5868),
        ("30°35′12.48″ N", 30.5868),
        ("N30 35 12.48", 30.5868),
        ("北纬30度35分12.48秒", 30.5868),
        ("30°35,208'", 30.5868),
        ("30.5868 S", -30.5868),
        ("-30°35'12.48\"", -30.5868),
        ("30.5868°", 30.5868),
    ],
)
def test_a_latitude_is_read_as_people_write_it(text: str, degrees: float) -> None:
    assert parse_angle(text, latitude=True) == pytest.approx(degrees, abs=1e-12)


def test_a_hemisphere_tells_a_latitude_in_the_column_of_longitudes() -> None:
    values, errors = parse_angles(np.array(["114.3", "30.5N", "114°60'E"], dtype=object), latitude=False)
    assert values[0] == 114.3
    assert np.isnan(values[1:]).all()
    assert errors == {
        1: "“30.5N” is a latitude in the column of longitudes.",
        2: "“114°60'E” has 60 or more minutes or seconds.",
    }


@given(LON, LAT)
def test_gcj02_is_inverted_exactly(lon: float, lat: float) -> None:
    shifted = gcj02_shift(np.array([lon]), np.array([lat]))
    assert np.abs(np.concatenate(gcj02_to_wgs84(*shifted)) - [lon, lat]).max() < 1e-10


@given(LON, LAT)
def test_bd09_is_inverted_exactly(lon: float, lat: float) -> None:
    shifted = bd09_shift(*gcj02_shift(np.array([lon]), np.array([lat])))
    assert np.abs(np.concatenate(bd09_to_wgs84(*shifted)) - [lon, lat]).max() < 1e-10


def test_gcj02_moves_a_place_in_wuhan_by_some_hundred_metres_and_none_in_paris() -> None:
    x, y = gcj02_shift(np.array([114.3055, 2.35]), np.array([30.5928, 48.85]))
    assert 0.004 < x[0] - 114.3055 < 0.007
    assert -0.004 < y[0] - 30.5928 < -0.001
    assert (x[1], y[1]) == (2.35, 48.85)


def test_ewkt_states_its_own_system_row_by_row() -> None:
    texts = ["SRID=2154;POINT(770850.372 6278283.676)", "POINT(3.9 43.6)", None, "POINT(", "srid=4326;POINT(1 2)"]
    geometry, srids, errors = from_wkt(np.array(texts, dtype=object))
    assert srids.tolist() == [2154, 0, 0, 0, 4326]
    assert errors == {3: "The geometry is not well-known text (WKT)."}
    places = to_wgs84(geometry, srids, None, None)
    assert shapely.get_coordinates(places.geometry[:2]) == pytest.approx(
        np.array([[3.8772153, 43.6000658], [3.9, 43.6]]), abs=1e-7
    )
    assert places.crs == "EPSG:4326, EPSG:2154"


def test_projected_coordinates_without_a_system_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="state their system with --crs"):
        to_wgs84(geometries("POINT(770850 6278283)", "POINT(770000 6278000)", None), zeros(3), None, None)


def test_single_impossible_places_are_refused_row_by_row() -> None:
    places = to_wgs84(
        geometries("POINT(114.3 30.5)", "POINT(30.5 114.3)", "POINT(999 999)", "POINT(114 30)"), zeros(4), None, None
    )
    assert places.errors == {
        1: "The latitude 114.3 is impossible; longitude and latitude look swapped.",
        2: "999, 999 is not a longitude and latitude.",
    }


def test_a_declared_system_goes_before_the_one_the_file_states_and_says_so() -> None:
    places = to_wgs84(geometries("POINT(770850.372 6278283.676)"), zeros(1), "EPSG:2154", "EPSG:4326")
    assert shapely.get_x(places.geometry[0]) == pytest.approx(3.8772153, abs=1e-7)
    assert places.warnings == ("The file states EPSG:4326; it was read in EPSG:2154 as told.",)


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="EPSG:0"):
        crs_name("EPSG:0")


def test_parts_become_what_their_kind_needs() -> None:
    shaped, wrong = conform(
        geometries(
            "MULTILINESTRING((0 0, 1 1))",
            "MULTILINESTRING((0 0, 1 1), (1 1, 2 0))",
            "MULTILINESTRING((0 0, 1 1), (5 5, 6 6))",
            "POINT(0 0)",
            "LINESTRING(1 1, 1 1)",
            "LINESTRING EMPTY",
            None,
        ),
        "LineString",
    )
    assert [None if g is None else g.wkt for g in shaped] == [
        "LINESTRING (0 0, 1 1)",
        "LINESTRING (0 0, 1 1, 2 0)",
        *[None] * 5,
    ]
    assert wrong == {
        2: "The line has 2 separate parts: give each a row of its own.",
        3: "The geometry is a Point where a LineString is needed.",
        4: "The line has no length.",
        5: "The row has no geometry.",
        6: "The row has no geometry.",
    }


def test_an_area_becomes_a_point_inside_it_even_where_it_is_invalid() -> None:
    bow_tie = geometries("POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))")
    shaped, wrong = conform(bow_tie, "Point")
    assert wrong == {}
    assert shapely.make_valid(bow_tie[0]).covers(shaped[0])


def test_a_code_made_from_a_place_tells_neighbours_on_one_spot_apart() -> None:
    places = geometries("POINT(3.877215 43.600066)", "POINT(3.8772150001 43.600066)", None, "LINESTRING(0 0, 1 1)")
    assert place_codes(places, np.ones(4, dtype=bool)) == [
        "@43.600066,3.877215",
        "@43.600066,3.877215#2",
        "",
        "@0.000000,0.000000~1.000000,1.000000",
    ]
