"""Figures of details that are none are refused by the database, whoever writes them."""

import pytest
from django.db import IntegrityError

from registry.importing.fields import DETAILS
from registry.kinds import Kind
from tests import factories

pytestmark = pytest.mark.django_db

FIGURE = {
    Kind.TOWER: "voltage_kv",
    Kind.DUCT: "depth_m",
    Kind.FIBER: "splice_loss_db",
    Kind.EQUIPMENT_ROOM: "area_m2",
}


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", list(FIGURE))
def test_no_detail_is_a_figure_without_an_end(kind: Kind, figure: float) -> None:
    details = DETAILS[kind].objects.filter(pk=factories.asset(factories.organization(), kind).pk)
    assert details.update(**{FIGURE[kind]: 1e300}) == 1
    with pytest.raises(IntegrityError, match=r"_figures_are_finite|_not_negative|_is_positive"):
        details.update(**{FIGURE[kind]: figure})
