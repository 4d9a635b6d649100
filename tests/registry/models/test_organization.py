import pytest

from registry.models import Role
from registry.social_credit_code import is_social_credit_code
from tests import factories


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("91350100M000100YI3", False),
        ("91350100m000100y43", False),
        ("", False),
    ],
)
def test_the_check_character_of_a_social_credit_code(code: str, valid: bool) -> None:
    assert is_social_credit_code(code) is valid


@pytest.mark.parametrize(("role", "roles"), [("viewer", 3), ("editor", 2), ("manager", 1)])
def test_each_role_can_do_what_the_ones_before_it_can(role: str, roles: int) -> None:
    assert len(Role.at_least(Role(role))) == roles


@pytest.mark.django_db
def test_a_region_covers_itself_and_what_lies_under_it() -> None:
    district, wuhan = factories.region(factories.JIANGAN), factories.region(factories.WUHAN_CODE)
    others = factories.region(factories.XIANGYANG), factories.region("4201", scheme="other")
    assert [wuhan.covers(one) for one in (wuhan, district, *others)] == [True, True, False, False]
    assert not district.covers(wuhan)
