"""Every rule on one pair: what passes, what fails, with which code and by how much."""

from typing import Any

import numpy as np
import pytest

from sharing.matching.arrays import UNLIMITED
from sharing.matching.candidates import DETAILS
from sharing.matching.demands import LIMITS
from sharing.matching.eligibility import RULES, Stage, Verdicts, judge
from sharing.matching.facts import AssetFacts, Pairs, PointDemands
from sharing.matching.ledger import Freedom

NAN = float("nan")


def one_pair(kind: str = "tower", **changes: Any) -> Pairs:
    """A pair that passes every rule, but for `changes` by field of demand, asset or pair."""

    def ints(name: str, value: Any) -> np.ndarray:
        return np.array([changes.pop(name, value)], dtype=np.int64)

    def floats(name: str, value: float) -> np.ndarray:
        return np.array([changes.pop(name, value)], dtype=np.float64)

    def flags(name: str, value: bool) -> np.ndarray:
        return np.array([changes.pop(name, value)])

    demands = PointDemands(
        id=ints("demand", 1), lon=floats("lon", 0), lat=floats("lat", 0), radius_m=floats("radius_m", 500),
        quantity=ints("quantity", 2), splittable=flags("splittable", False), start=ints("start", 738000),
        end=ints("end", 738365), priority=ints("priority", 5), budget=floats("budget", NAN),
        loads=ints("loads", [0, 0, 0]), limits={name: floats(name, NAN) for name in LIMITS[kind]},
    )  # fmt: skip
    assets = AssetFacts(
        id=ints("asset", 1), owner=ints("owner", 1), lon=floats("x", 0), lat=floats("y", 0),
        capacity=ints("capacity", 4), price=ints("price", 100_000), available_from=ints("available_from", 0),
        shared=flags("shared", True), in_service=flags("in_service", True), planned=flags("planned", False),
        core=flags("core", False), cross_sector=flags("cross_sector", True),
        limits=ints("limits", [UNLIMITED] * 3), details={name: floats(name, NAN) for name in DETAILS[kind][1]},
    )  # fmt: skip
    pairs = Pairs(
        demands=demands, assets=assets, contiguous=kind == "equipment_room", demand=np.array([0]),
        asset=np.array([0]), distance_m=floats("distance_m", 400), refused=flags("refused", False),
        freedom=Freedom(ints("units", 3), ints("block", 3), ints("headroom", [UNLIMITED] * 3)),
        free_until=ints("free_until", 740000),
    )  # fmt: skip
    assert not changes
    return pairs


def judged(kind: str, changes: dict[str, Any]) -> Verdicts:
    return judge(one_pair(kind, **changes), RULES[kind])


@pytest.mark.parametrize("kind", RULES)
def test_what_is_not_asked_passes_every_rule(kind: str) -> None:
    verdicts = judged(kind, {})
    assert not verdicts.fails.any()
    assert all(verdicts.passes(stage).all() for stage in Stage)


FAILURES: list[tuple[str, dict[str, Any], str, Stage, float, float, float]] = [
    ("tower", {"distance_m": 620.0}, "radius", Stage.NEAR, 500, 620, 120),
    ("tower", {"in_service": False}, "in_service", Stage.OPEN, 1, 0, 1),
    ("tower", {"shared": False}, "sector", Stage.OPEN, 1, 0, 1),
    ("tower", {"refused": True}, "refused_before", Stage.OPEN, 1, 0, 1),
    ("tower", {"budget": 150_000.0}, "budget", Stage.FIT, 1500, 2000, 500),
    ("tower", {"mounting_height_m": 28, "free_height_max_m": 24}, "mounting_height", Stage.FIT, 28, 24, 4),
    ("tower", {"mounting_height_m": 28, "height_m": 25}, "mounting_height", Stage.FIT, 28, 25, 3),
    ("tower", {"mounting_height_m": 8, "height_m": 30, "free_height_min_m": 10}, "lowest_mount", Stage.FIT, 8, 10, 2),
    ("tower", {"max_earthing_ohm": 4, "earthing_ohm": 5}, "earthing", Stage.FIT, 4, 5, 1),
    ("tower", {"min_backup_h": 4, "backup_h": 2}, "backup", Stage.FIT, 4, 2, 2),
    ("tower", {"available_from": 738010}, "available_from", Stage.FREE, 738000, 738010, 10),
    ("tower", {"units": 1}, "units", Stage.FREE, 2, 1, 1),
    ("tower", {"splittable": True, "units": 0}, "units", Stage.FREE, 1, 0, 1),
    ("tower", {"loads": [30_500, 0, 0], "headroom": [20_000, 0, 0]}, "weight_kg", Stage.FREE, 30.5, 20, 10.5),
    ("tower", {"loads": [0, 600, 0], "headroom": [0, 100, 0]}, "wind_area_m2", Stage.FREE, 0.6, 0.1, 0.5),
    ("tower", {"loads": [0, 0, 2000], "headroom": [0, 0, 1000]}, "power_kw", Stage.FREE, 2, 1, 1),
    ("equipment_room", {"units": 9, "block": 1}, "units", Stage.FREE, 2, 1, 1),
    ("equipment_room", {"min_floor_load_kn_m2": 6, "floor_load_kn_m2": 4}, "floor_load", Stage.FIT, 6, 4, 2),
    ("equipment_room", {"min_feeds": 2, "feeds": 1}, "feeds", Stage.FIT, 2, 1, 1),
    ("equipment_room", {"min_backup_h": 8, "backup_h": 3}, "backup", Stage.FIT, 8, 3, 5),
    ("equipment_room", {"min_security_class": 3, "security_class": 1}, "security_class", Stage.FIT, 3, 1, 2),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "code", "stage", "asked", "offered", "shortfall"), FAILURES)
def test_a_shortfall_is_named_with_its_code_stage_and_numbers(
    kind: str, changes: dict[str, Any], code: str, stage: Stage, asked: float, offered: float, shortfall: float
) -> None:
    verdicts = judged(kind, dict(changes))
    failing = [i for i, rule in enumerate(verdicts.rules) if verdicts.fails[i, 0]]
    assert [verdicts.rules[i].code for i in failing] == [code]
    assert verdicts.rules[failing[0]].stage == stage
    numbers = verdicts.asked[failing[0], 0], verdicts.offered[failing[0], 0], verdicts.shortfall[failing[0], 0]
    assert numbers == pytest.approx((asked, offered, shortfall))
    assert verdicts.passes(Stage(stage - 1)).all() if stage else True
    assert not verdicts.passes(stage).any()


PASSES: list[tuple[str, dict[str, Any]]] = [
    ("tower", {"distance_m": 500.0}),
    ("tower", {"budget": 200_000.0}),
    ("tower", {"mounting_height_m": 24, "free_height_max_m": 24, "free_height_min_m": 24}),
    ("tower", {"max_earthing_ohm": 5, "earthing_ohm": 5}),
    ("tower", {"available_from": 738000}),
    ("tower", {"splittable": True, "units": 1, "block": 1}),
    ("tower", {"splittable": True, "loads": [30_000, 0, 0], "headroom": [15_000, 0, 0]}),
    ("tower", {"units": 2, "block": 1}),
    ("equipment_room", {"units": 2, "block": 2}),
]


@pytest.mark.parametrize(("kind", "changes"), PASSES)
def test_what_just_suffices_passes(kind: str, changes: dict[str, Any]) -> None:
    assert not judged(kind, dict(changes)).fails.any()


def test_what_is_asked_and_not_known_of_the_asset_fails() -> None:
    verdicts = judged("tower", {"max_earthing_ohm": 5.0})
    failing = [i for i, rule in enumerate(verdicts.rules) if verdicts.fails[i, 0]]
    assert [verdicts.rules[i].code for i in failing] == ["earthing"]
    assert np.isnan(verdicts.offered[failing[0], 0])
    assert np.isinf(verdicts.shortfall[failing[0], 0])


def test_every_rule_has_a_failing_case_here() -> None:
    covered = {(kind, code) for kind, _, code, *_ in FAILURES}
    common = {code for kind, code in covered if kind == "tower"}
    for kind, rules in RULES.items():
        missing = [rule.code for rule in rules if (kind, rule.code) not in covered and rule.code not in common]
        assert missing == []


def test_codes_are_unique_to_a_kind() -> None:
    for rules in RULES.values():
        assert len({rule.code for rule in rules}) == len(rules)
