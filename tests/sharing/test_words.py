"""What a demand asks for, in words: all that matters to it and nothing else."""

import pytest

from sharing.models import Demand
from sharing.words import LIMITS, demand_facts
from tests import factories
from tests.sharing.scene import Scene


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("tower", {}, {}),
        ("tower", {"weight_kg": 60, "min_backup_h": 4}, {"Weight, kg": "60", "Power backup, h": "4"}),
        ("duct", {}, {"Accepts gas, oil or high voltage beside it": "no"}),
        ("duct", {"accepts_hazardous_co_use": True}, {"Accepts gas, oil or high voltage beside it": "yes"}),
        ("fiber", {"max_attenuation_db": 7.5}, {"Highest attenuation, dB": "7.5", "Wavelength, nm": "1550"}),
        ("equipment_room", {"min_feeds": 2, "power_kw": 3}, {"Power, kW": "3", "Independent feeds": "2"}),
    ],
)
def test_limits_are_told(scene: Scene, kind: str, fields: dict, told: dict):
    facts = {str(name): value for name, value in demand_facts(factories.demand(scene.list, kind, **fields))}
    names = {str(Demand._meta.get_field(name).verbose_name) for limits in LIMITS.values() for name in limits}
    names |= {"weight, kg", "wind area, m²", "power, kW"}
    assert {name: value for name, value in facts.items() if name[:1].lower() + name[1:] in names} == told
