"""Query results as arrays, and many rows written at once."""

from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from registry.columns import BOOL, FLOAT8, INT8, fetch_columns, write_rows
from registry.models import Region

pytestmark = pytest.mark.django_db

SERIES = "SELECT i::bigint, i / 4.0::float8, i %% 2 = 0 FROM generate_series(%s::int, %s::int) AS i ORDER BY i DESC"
COLUMNS = {"number": INT8, "quarter": FLOAT8, "even": BOOL}


def test_columns_come_in_the_querys_order_and_types() -> None:
    found = fetch_columns(SERIES, [-3, 3], COLUMNS)
    assert found["number"].tolist() == [3, 2, 1, 0, -1, -2, -3]
    assert found["quarter"].tolist() == [0.75, 0.5, 0.25, 0, -0.25, -0.5, -0.75]
    assert found["even"].tolist() == [False, True, False, True, False, True, False]
    assert [column.dtype for column in found.values()] == [np.int64, np.float64, np.bool_]


def test_no_rows_are_empty_columns() -> None:
    assert [column.size for column in fetch_columns(SERIES, [1, 0], COLUMNS).values()] == [0, 0, 0]


def test_a_null_is_refused_and_not_taken_for_a_missing_row() -> None:
    with pytest.raises(ValueError, match="null"):
        fetch_columns("SELECT nullif(i, 2)::bigint FROM generate_series(1, 3) AS i", [], {"number": INT8})


def test_written_rows_are_there_with_every_character_as_it_was() -> None:
    names = ["武汉", "tab\there", "back\\slash", "new\nline", "\\N"]
    rows = [("test", f"{i}", name, f"{i}", False) for i, name in enumerate(names)]
    write_rows(Region._meta.db_table, ("scheme", "code", "name", "prefix", "retired"), rows)
    assert list(Region.objects.filter(scheme="test").order_by("code").values_list("name", flat=True)) == names


def test_arrays_are_asked_with_as_postgresqls() -> None:
    numbers, places = np.array([2**40, -1, 7]), np.array([0.1, -1e-9, np.inf])
    found = fetch_columns(
        "SELECT * FROM unnest(%s::bigint[], %s::float8[])", [numbers, places], {"number": INT8, "place": FLOAT8}
    )
    assert (found["number"].tolist(), found["place"].tolist()) == (numbers.tolist(), places.tolist())
    none = fetch_columns("SELECT unnest(%(ids)s::bigint[])", {"ids": numbers[:0]}, {"number": INT8})
    assert none["number"].tolist() == []


def test_numbers_nothing_and_truth_are_written_as_they_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE written (n bigint, x float8, t boolean, u uuid, s text)")
    rows = [(7, 0.1, True, UUID(int=5), None), (-1, 1e300, False, UUID(int=6), "")]
    write_rows("written", ("n", "x", "t", "u", "s"), iter(rows))
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM written ORDER BY n DESC")
        assert cursor.fetchall() == rows
