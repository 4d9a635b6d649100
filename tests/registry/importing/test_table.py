import numpy as np

from registry.importing.table import SourceTable, as_text


def test_numeric_cells_of_map_files_read_like_text() -> None:
    assert as_text(np.array([31.0, np.nan, 1.5])).tolist() == ["31", None, "1.5"]


def test_the_cells_of_a_row_come_back_as_they_were_sent() -> None:
    columns = [
        np.array([1002.0, np.nan]),
        np.array([7, 8]),
        np.array(["1002.0", None], dtype=object),
        np.array([0.5, 1.0]),
    ]
    table = SourceTable("Parquet", ["code", "units", "name", "share"], columns, np.array([1, 2]))
    assert [table.original(n) for n in range(2)] == [["1002", "7", "1002.0", "0.5"], ["", "8", "", "1"]]
