"""Who sees which lines of the ledger."""

import pytest

from registry.models import Allocation, Role, User
from registry.models.allocation import sees_whole_ledger
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_whole_ledger_is_seen_by_those_to_whom_each_line_is_visible():
    owner, tenant = factories.organization("owner"), factories.organization("tenant")
    mast = factories.asset(owner, capacity=4, used=1)
    factories.allocate(mast, 1, holder=tenant)
    people: dict[str, tuple[User, int]] = {
        "owner": (factories.member(owner, Role.VIEWER), 2),
        "regulator": (factories.member(factories.regulator(of=factories.HUBEI), Role.VIEWER), 2),
        "superuser": (factories.user("root", is_superuser=True), 2),
        "regulator elsewhere": (factories.member(factories.regulator(of=factories.XIANGYANG), Role.MANAGER), 0),
        "tenant": (factories.member(tenant, Role.MANAGER), 1),
        "other": (factories.member(factories.organization(), Role.MANAGER), 0),
    }

    for who, (person, lines) in people.items():
        seen = Allocation.objects.visible_to(person).count()
        assert (seen, sees_whole_ledger(person, mast)) == (lines, lines == 2), who
