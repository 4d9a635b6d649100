"""Outcomes and scores in words: each code that the engine saves has its text, in English and in Chinese."""

from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from sharing.matching import route_scoring, scoring
from sharing.matching.describing import PARTS, REASONS, describe_miss, nearest_asset_miss, reason, unit_name
from sharing.matching.eligibility import RULES
from sharing.matching.no_route_reason import NoRouteReason
from sharing.matching.route_answers import UNITS
from sharing.matching.unmet_reason import UnmetReason
from sharing.models import Outcome
from sharing.words import score_parts

RULE_BY_CODE = {rule.code: rule for rules in RULES.values() for rule in rules}
SYMBOLS = {"", "m", "kg", "m²", "kW", "kN/m²", "Ω", "h", "dB"}


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("code", [*UnmetReason.values, *RULE_BY_CODE, *NoRouteReason.values])
def test_each_reason_has_a_text(code: str):
    assert not is_chinese(reason(code))
    with override("zh-hans"):
        assert is_chinese(reason(code)), reason(code)


def test_each_code_stands_for_one_reason():
    codes = [*UnmetReason.values, *RULE_BY_CODE, *NoRouteReason.values]
    assert sorted(codes) == sorted(REASONS)


@pytest.mark.parametrize("part", [*scoring.PARTS, *route_scoring.PARTS], ids=lambda part: part.code)
def test_each_part_of_a_score_has_a_text(part: Any):
    saved = {"code": part.code, "value": 1234.5, "unit": part.unit, "weight": part.weight, "score": 0.5}
    [shown] = score_parts([saved])
    assert (shown["name"], shown["value"]) == (part.text, f"1,234.5 {part.unit}".strip())
    with override("zh-hans"):
        [shown] = score_parts([saved])
        assert is_chinese(str(shown["name"]))
        assert is_chinese(shown["value"]) == (part.unit not in SYMBOLS)


def test_a_part_of_both_scores_has_one_text():
    assert {part.code: part.text for part in (*route_scoring.PARTS, *scoring.PARTS)} == PARTS


@pytest.mark.parametrize("unit", sorted({rule.unit for rule in RULE_BY_CODE.values()} | set(UNITS.values())))
def test_each_unit_of_a_miss_has_a_name(unit: str):
    assert unit_name(unit) == unit
    with override("zh-hans"):
        assert is_chinese(unit_name(unit)) == (unit not in SYMBOLS)


def miss(code: str, asked: Any, offered: Any, unit: str, asset: int | None = None) -> dict[str, Any]:
    return {"code": code, "asset": asset, "owner": asset, "asked": asked, "offered": offered, "unit": unit}


DAY = date(2027, 3, 1)
MISSES = [
    (miss("mounting_height", 28, 24.5, "m", 1), "NEAR: mounting height 24.5 m, asked 28 m"),
    (miss("mounting_height", 28, None, "m", 2), "a protected asset: mounting height not known, asked 28 m"),
    (miss("in_service", 1, 0, "", 1), "NEAR: in service no, asked yes"),
    (miss("sector", 1, 0, "", 1), "NEAR: shared with the party's sector no, asked yes"),
    (
        miss("available_from", DAY.toordinal(), DAY.toordinal() + 31, "day", 1),
        "NEAR: available from 2027-04-01, asked 2027-03-01",
    ),
    (miss("units", 9, 8, "units"), "units free through the whole period 8 units, asked 9 units"),
    (miss("budget", 900, 1000.25, "a year"), "yearly price 1,000.25 a year, asked 900 a year"),
    (miss("no_path_within_gap_limit", 150, 191.9, "m"), "longest gap of a route 191.9 m, asked 150 m"),
    (miss("gap_share", 0.3, 0.301, ""), "share of new build 0.301, asked 0.3"),
]


@pytest.mark.parametrize(("saved", "told"), MISSES)
def test_a_miss_names_its_asset_where_it_is_one(saved: dict[str, Any], told: str):
    assert nearest_asset_miss(saved, {1: "NEAR"}) == told
    assert describe_miss(Outcome(met=False, reason=saved["code"], nearest_miss=saved)) == told.split(": ")[-1]


def test_a_miss_is_told_in_the_readers_language():
    with override("zh-hans"):
        assert nearest_asset_miss(MISSES[6][0], {}) == "年价 1,000.25 每年，要求 900 每年"
        assert nearest_asset_miss(MISSES[1][0], {}) == "一项受保护资产：可挂高度 未知，要求 28 m"


@pytest.mark.parametrize("code", UnmetReason.values)
def test_what_no_number_explains_is_told_by_its_reason(code: str):
    lost = Outcome(met=False, reason=code, nearest_miss={})
    assert describe_miss(lost) == reason(code) and nearest_asset_miss(lost.nearest_miss, {}) == ""


def test_what_others_got_is_no_nearest_miss():
    lost = Outcome(met=False, reason="contested", nearest_miss=miss("no_free_units", 2, 1, "units"))
    assert describe_miss(lost) == "lost to demands of higher priority or lower cost"
