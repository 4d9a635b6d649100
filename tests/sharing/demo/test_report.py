import io
from decimal import Decimal

import pytest

from sharing.demo.report import FellShort, Report


@pytest.fixture
def report() -> Report:
    return Report(io.StringIO())


def said(report: Report) -> list[str]:
    assert isinstance(report.output, io.StringIO)
    return report.output.getvalue().splitlines()


def test_a_check_that_holds_is_ticked_and_the_verdict_is_good(report: Report) -> None:
    with report.step("Count"):
        report.check(True, "one is one")
    report.give_verdict()
    assert said(report)[1:3] == ["1. Count", "   ✓ one is one"]
    assert said(report)[-1] == "All 1 steps did what they should."
    assert report.shortfalls == []


def test_a_check_that_fails_is_crossed_and_named_in_the_verdict(report: Report) -> None:
    with report.step("Count"):
        report.check(False, "one is two")
        report.check(True, "one is one")
    report.give_verdict()
    assert said(report)[2] == "   ✗ one is two"
    assert said(report)[-2:] == ["1 check fell short:", "   ✗ Count: one is two"]
    assert report.shortfalls == ["Count: one is two"]


def test_what_the_next_steps_need_ends_the_run(report: Report) -> None:
    with pytest.raises(FellShort, match="no lists"), report.step("Lists"):
        report.need(False, "no lists")
    assert report.shortfalls == ["Lists: no lists"]


def test_a_table_aligns_numbers_right_and_counts_chinese_as_two_columns(report: Report) -> None:
    report.table(("owner", "assets", "price"), [("武汉地铁", 1200, Decimal("1.50")), ("Grid", 7, Decimal("10.00"))])
    assert said(report) == [
        "   owner     assets  price",
        "   武汉地铁   1,200   1.50",
        "   Grid           7  10.00",
    ]
