import pytest
from django.utils.translation import override

from registry.kinds import Kind, short
from registry.models import Protection


@pytest.mark.parametrize(
    ("language", "kinds", "levels"),
    [
        ("en", ["Tower", "Duct", "Fiber cable", "Equipment room"], ["Open", "Restricted", "Core"]),
        ("zh-hans", ["杆塔", "管道", "光缆", "机房"], ["开放", "受限", "核心"]),
    ],
)
def test_kinds_and_levels_have_a_short_name_in_each_language(language: str, kinds: list[str], levels: list[str]):
    with override(language):
        assert [short(kind.label) for kind in Kind] == kinds
        assert [short(level.label) for level in Protection] == levels
