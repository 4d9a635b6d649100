import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import xlsxwriter

from registry.importing.sources import read_source
from registry.importing.table import SourceTable, UnreadableFile
from registry.importing.tabular import detect_quote, read_delimited

DATA = Path(__file__).parents[2] / "data"
KNOWN = {"code", "lon", "lat", "编号", "经度", "纬度", "name"}


def read(text: str, encoding: str = "utf-8") -> SourceTable:
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode(encoding))
        file.flush()
        return read_delimited(Path(file.name), KNOWN.__contains__)


def rows(table: SourceTable) -> list[list[str]]:
    return [table.original(n) for n in range(len(table))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "#"])
def test_the_delimiter_is_found_and_stated(delimiter: str) -> None:
    table = read(delimiter.join(["code", "name", "lon"]) + "\n" + delimiter.join(["1", "a, b; c", "114.3"]) + "\n")
    if delimiter not in ",;":
        assert rows(table) == [["1", "a, b; c", "114.3"]]
    assert (table.delimiter, table.headings) == (delimiter, ["code", "name", "lon"])


def test_decimal_commas_do_not_pass_for_delimiters() -> None:
    table = read("code;lon;lat\n1;114,3;30,5\n2;114,4;30,6\n")
    assert (table.delimiter, rows(table)) == (";", [["1", "114,3", "30,5"], ["2", "114,4", "30,6"]])


def test_single_quotes_wrap_fields_where_the_file_says_so() -> None:
    table = read("code#name#lon\n1#'a#b'#114\n2#''#115\n3#l'Hôtel#116\n")
    assert (table.quote, [row[1] for row in rows(table)]) == ("'", ["a#b", "", "l'Hôtel"])


def test_quotation_marks_that_belong_to_names_stay() -> None:
    assert detect_quote('code#name\n1#"Смеловская" 500 кВ\n2#"Узловая" ПС\n') is None
    assert read('code#name\n1#"Смеловская" 500 кВ\n').original(0) == ["1", '"Смеловская" 500 кВ']


def test_a_quoted_field_may_hold_line_breaks_and_delimiters() -> None:
    table = read('code,name\n1,"a\nb, c"\n2,d\n')
    assert (rows(table), table.row_numbers.tolist()) == ([["1", "a\nb, c"], ["2", "d"]], [2, 3])


def test_ragged_rows_are_rejected_with_their_number_and_cells_and_empty_lines_are_no_rows() -> None:
    table = read("code,name,lon\n1,a,114\n2,b\n\n3,c,116,x\n4,d,117,,\n")
    assert [(r.row, r.reason, r.original) for r in table.rejects] == [
        (3, "The row has 2 cells where the headings are 3.", ["2", "b"]),
        (5, "The row has 4 cells where the headings are 3.", ["3", "c", "116", "x"]),
    ]
    assert (rows(table), table.row_numbers.tolist()) == ([["1", "a", "114"], ["4", "d", "117"]], [2, 6])
    assert table.row_count == 4


def test_excel_s_own_statement_of_the_delimiter_is_believed() -> None:
    table = read("sep=;\ncode;name\n1;a,b\n")
    assert (table.delimiter, rows(table), table.row_numbers.tolist()) == (";", [["1", "a,b"]], [3])


def test_titles_above_the_headings_are_passed_over() -> None:
    table = read("附件1 路灯杆清单,,\n单位：米,,\n编号,经度,纬度\n1,114,30\n", "gb18030")
    assert (table.encoding, table.headings, rows(table)) == ("gb18030", ["编号", "经度", "纬度"], [["1", "114", "30"]])


def test_a_legacy_workbook_is_read_below_its_title_with_codes_and_dates_as_typed() -> None:
    table = read_source(DATA / "poles_xls" / "poles.xls", KNOWN.__contains__)
    assert (table.format, table.layer, table.row_numbers.tolist()) == ("XLS", "杆塔", [4, 5])
    assert rows(table) == [
        ["420106", "12", "114.31", "30.55", "2", "2027-03-01"],
        ["灯-2", "12,5", "114.32", "30.56", "3", "2027-03-01"],
    ]
    assert table.warnings == ["Sheets not read: 说明 (choose one with --layer)."]


def workbook(path: Path, *rows: Sequence[str], merged: Mapping[str, str]) -> Path:
    """A workbook of texts, with ranges of cells merged."""
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for cells, text in merged.items():
            sheet.merge_range(cells, text)
    return path


def test_cells_merged_over_rows_give_their_text_to_each_row_of_a_legacy_workbook_too(tmp_path: Path) -> None:
    written = [["编号", "密级", "经度"], ["A", "", "1"], ["B", "", "2"], ["C", "", "3"], ["D", "公开", "4"]]
    path = workbook(tmp_path / "x.xlsx", *written, merged={"B2:B4": "核心"})
    for source in (path, DATA / "poles_xls" / "merged.xls"):
        assert read_source(source, KNOWN.__contains__).columns[1].tolist() == ["核心", "核心", "核心", "公开"]


def test_cells_merged_over_rows_and_headings_give_each_row_what_the_first_has(tmp_path: Path) -> None:
    written = [["编号", "密级", "保护原因", "经度"], ["A", "", "", "1"], ["B", "", "", "2"], ["C", "", "", "3"]]
    table = read_source(workbook(tmp_path / "x.xlsx", *written, merged={"B2:C4": "核心"}), KNOWN.__contains__)
    assert rows(table) == [["A", "核心", "", "1"], ["B", "核心", "", "2"], ["C", "核心", "", "3"]]


def test_merged_cells_fill_no_empty_rows_no_other_headings_and_nothing_above_the_headings(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "x.xlsx",
        ["", "", "", ""],
        ["编号", "经度", "name", ""],
        ["A", "114", "", ""],
        ["B", "115", "", ""],
        ["", "", "", ""],
        ["C", "", "z", ""],
        ["D", "", "z", ""],
        merged={"A1:A2": "编号", "C3:D5": "x", "B6:B7": "116", "A8:C9": "注："},
    )
    table = read_source(path, KNOWN.__contains__)
    assert table.headings == ["编号", "经度", "name"]
    assert [*zip(table.row_numbers.tolist(), rows(table), strict=True)] == [
        (3, ["A", "114", "x"]),
        (4, ["B", "115", "x"]),
        (6, ["C", "116", "z"]),
        (7, ["D", "116", "z"]),
        (8, ["注：", "", ""]),
    ]


def test_a_workbook_without_the_sheet_that_is_asked_for_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="there are: 杆塔, 说明"):
        read_source(DATA / "poles_xls" / "poles.xls", KNOWN.__contains__, layer="poles")


def test_an_xlsx_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "poles.xlsx"
    columns = [np.array(["A1", "灯"], dtype=object), np.array([114.3, 114.0]), np.array([2, 3], dtype=np.int32)]
    pyogrio.raw.write(path, None, columns, ["code", "lon", "抱杆数"], layer="poles", driver="XLSX", geometry_type=None)
    table = read_source(path, KNOWN.__contains__)
    assert (table.format, table.layer, table.headings) == ("XLSX", "poles", ["code", "lon", "抱杆数"])
    assert rows(table) == [["A1", "114.3", "2"], ["灯", "114", "3"]]
