from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.importing.quantities import (
    choice_parser,
    decimal_comma,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_quantities,
    parse_quantity,
    parse_texts,
)
from registry.importing.table import Cells


def cells(*values: object) -> Cells:
    return np.array([*values, None], dtype=object)[:-1]


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("250'", "m", 76.2),
        ("250′", "m", 76.2),
        ("16 ft", "m", 4.8768),
        ("5'6\"", "m", 1.6764),
        ("12,5 m", "m", 12.5),
        ("１２．５米", "m", 12.5),
        ("1 250 mm", "m", 1.25),
        ("110", "mm", 110.0),
        ("0.11 m", "mm", 110.0),
        ("35kV", "kv", 35.0),
        ("220000", "kv", 220.0),
        ("1000", "kv", 1000.0),
        ("1.5 t", "kg", 1500.0),
        ("300 W", "kw", 0.3),
        ("4 m²", "m2", 4.0),
        ("0.5 kPa", "kn_m2", 0.5),
        ("30 分钟", "h", 0.5),
        ("1.234,5", "m", 1234.5),
        ("1,234.5", "m", 1234.5),
        ("1e3", "m", 1000.0),
    ],
)
def test_a_quantity_is_read_with_its_unit(text: str, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize("text", ["tall", "12 parsecs", "12;13", "--3", "1.2.3", "12 kg", ""])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number"):
        parse_quantity(text, "m")


def test_a_unit_in_the_heading_is_that_of_cells_without_one() -> None:
    parsed = parse_quantities(cells("100", "30 m", "", None), "m", source_unit="ft")
    assert parsed.values.tolist() == [30.48, 30.0, None, None]
    assert parsed.errors == {}


def test_the_highest_of_several_voltages_counts() -> None:
    parsed = parse_quantities(cells("220000;110000", "35kV;10kV", "110;"), "kv", several="max")
    assert parsed.values.tolist() == [220.0, 35.0, 110.0]


def test_a_comma_is_read_as_the_rest_of_its_column_reads_it() -> None:
    assert parse_quantities(cells("12,5", "1,250"), "m").values.tolist() == [12.5, 1.25]
    assert parse_quantities(cells("1,250.5", "1,250"), "m").values.tolist() == [1250.5, 1250.0]


def test_a_comma_that_may_be_either_is_refused() -> None:
    parsed = parse_quantities(cells("1,250", "12"), "m")
    assert parsed.values.tolist() == [None, 12.0]
    assert parsed.errors == {0: "“1,250” may be read in two ways: write it without a comma."}
    assert decimal_comma(cells("1,250")) is None


def test_numbers_that_only_python_knows_are_refused() -> None:
    assert set(parse_quantities(cells("1_000", "inf"), "m").errors) == {0, 1}


@pytest.mark.parametrize("column", [cells("1e308", "2"), np.array([1e308, 2.0]), cells("1e308", "2 km")])
def test_what_has_no_end_in_the_fields_own_unit_is_refused(column: Cells) -> None:
    parsed = parse_quantities(column, "m", source_unit="km")
    assert parsed.values.tolist() == [None, 2000.0]
    assert parsed.errors == {0: f"{column[0]} is beyond what the registry holds."}


def test_an_infinite_cell_of_a_map_file_is_refused() -> None:
    parsed = parse_quantities(np.array([np.inf, np.nan, 1.0]), "m")
    assert (parsed.values.tolist(), set(parsed.errors)) == ([None, None, 1.0], {0})


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6)))
def test_plain_numbers_stay_what_they_are(numbers: list[float]) -> None:
    assert parse_quantities(cells(*map(repr, numbers)), "m").values.tolist() == numbers


def test_blank_words_are_blank() -> None:
    assert parse_texts(cells("", " ", "-", "N/A", "NULL", "未知", None, " a ")).values.tolist() == [None] * 7 + ["a"]


def test_a_code_that_has_lost_its_last_digits_is_refused() -> None:
    parsed = parse_texts(np.array([2.0**53 - 1, 2.0**53, 420106123456789012.0, np.nan]))
    assert parsed.values.tolist() == ["9007199254740991", None, None, None]
    assert set(parsed.errors) == {1, 2}
    assert parsed.errors[2] == "The number has lost its last digits: store the column as text."


def test_text_that_postgresql_cannot_hold_is_refused() -> None:
    parsed = parse_texts(cells("a\0b", "toolong"), max_length=5)
    assert parsed.values.tolist() == [None, None]
    assert parsed.errors == {
        0: "The text holds a zero byte.",
        1: "The text has 7 characters, more than 5.",
    }


@pytest.mark.parametrize("text", ["2027-03-01", "2027/3/1", "2027年3月1日", "20270301", "2027-03", "2027-03-01T08:00"])
def test_dates_begin_with_the_year(text: str) -> None:
    assert parse_date(text) == date(2027, 3, 1)


@pytest.mark.parametrize("text", ["01/03/2027", "2027-13-01", "soon"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(text)


def test_choices_know_synonyms_whatever_their_case() -> None:
    parse = choice_parser(("lattice", "guyed_mast"), {"拉线塔": "guyed_mast"})
    assert [parse("Lattice"), parse("Guyed Mast"), parse("拉线塔")] == ["lattice", "guyed_mast", "guyed_mast"]
    with pytest.raises(ValueError, match=r"“tree” is not one of: guyed_mast, lattice\."):
        parse("tree")


def test_yes_and_no_in_three_languages() -> None:
    assert [parse_boolean(text) for text in ("是", "oui", "TRUE", "否", "non", "0")] == [True] * 3 + [False] * 3
    with pytest.raises(ValueError, match="neither yes nor no"):
        parse_boolean("maybe")


def test_whole_numbers_only() -> None:
    assert parse_integer("24.0") == 24
    with pytest.raises(ValueError, match="not a whole number"):
        parse_integer("2.5")
