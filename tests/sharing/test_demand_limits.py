"""What the database itself refuses of a line, whoever writes it."""

import pytest
from django.db import IntegrityError

from registry.kinds import Kind
from sharing.models import Demand
from tests import factories


@pytest.mark.parametrize(
    ("kind", "column", "most", "name"),
    [
        (Kind.TOWER, "radius_m", 100_000, "demand_radius_is_bounded"),
        (Kind.DUCT, "max_detour", 1_000, "demand_detour_is_bounded"),
    ],
)
def test_a_line_looks_through_no_whole_country(db: None, kind: Kind, column: str, most: float, name: str) -> None:
    line = Demand.objects.filter(pk=factories.demand(factories.demand_list(factories.organization()), kind).pk)
    assert line.update(**{column: most}) == 1
    with pytest.raises(IntegrityError, match=name):
        line.update(**{column: most + 1})
