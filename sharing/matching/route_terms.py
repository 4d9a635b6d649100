"""What new build and changes of owner cost on a route, and how much of it a route may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.kinds import Kind
from registry.models import TerrainClass


@dataclass(frozen=True, slots=True)
class RouteTerms:
    """What new build and changes of owner cost, a year, and how much new build a route may hold.

    gap_cost_per_m: on ordinary ground, and of a class of terrain that terrain_cost_per_m does not name.
    max_gap_m: of each gap, those from A and to B included. max_gap_share: of the whole route. joint_loss_db: where one
    leg of a fiber route is joined to the next. connection_loss_db: of the connectors at A and B together.
    """

    gap_cost_per_m: float
    max_gap_m: float
    max_gap_share: float
    crossing_cost: float = 0.0
    joint_loss_db: float = 0.0
    gap_loss_db_per_km: float = 0.0
    connection_loss_db: float = 0.0
    terrain_cost_per_m: Mapping[str, float] = field(default_factory=dict)


def _prices(**by_class: float) -> dict[str, float]:
    return {TerrainClass(name).value: price for name, price in by_class.items()}


TERMS: dict[str, RouteTerms] = {
    Kind.DUCT.value: RouteTerms(
        gap_cost_per_m=25.0,
        max_gap_m=300.0,
        max_gap_share=0.3,
        crossing_cost=2000.0,
        terrain_cost_per_m=_prices(
            open_ground=18.0, paved_road=40.0, built_up=45.0, mountain=50.0, rock=60.0, water=120.0
        ),
    ),
    Kind.FIBER.value: RouteTerms(
        gap_cost_per_m=8.0,
        max_gap_m=300.0,
        max_gap_share=0.3,
        crossing_cost=2000.0,
        joint_loss_db=0.1,
        gap_loss_db_per_km=0.35,
        connection_loss_db=1.0,
        terrain_cost_per_m=_prices(
            open_ground=6.0, paved_road=12.0, built_up=14.0, mountain=15.0, rock=18.0, water=40.0
        ),
    ),
}
"""What new build costs a year and metre (its price over 20 years), and how much of a route it may be.

A run's parameters may set other values by kind and name. How much dearer one class of terrain is than another is an
estimate: set what is paid where you are. Losses as in ITU-T L.40 and G.652: 0.1 dB a splice, 0.5 dB a connector.
"""
