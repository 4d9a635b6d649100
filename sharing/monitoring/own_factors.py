"""The registry's own factors of a new build, each with its source, for where MONITORING_FACTORS names no file."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.kinds import Kind

OWN: Mapping[str, Mapping[str, Any]] = {
    Kind.TOWER: {
        "per": "build",
        "cost": 165_000,
        "cost_source": _(
            "The price of a new tower of 15 m that matching reckons with, over 20 years "
            "(sharing/matching/cobuild/costs.py): 20 × (6,000 + 15 × 150)."
        ),
        "cost_is_assumed": True,
        "co2_t": 25.5,
        "co2_source": _(
            "China Tower's aim for 2023: 60,000 base stations not built save 1.532 million tonnes of CO₂, with "
            "273,000 t of steel and 2.18 million t of concrete; as GlobalData reports it (verdict.co.uk, 2023-07-05). "
            "1,532,000 / 60,000 = 25.5."
        ),
        "co2_is_assumed": False,
    },
    Kind.EQUIPMENT_ROOM: {
        "per": "build",
        "cost": 400_000,
        "cost_source": _(
            "The price of a new room that matching reckons with, over 20 years (sharing/matching/cobuild/costs.py): "
            "20 × 20,000."
        ),
        "cost_is_assumed": True,
        "co2_t": 6.5,
        "co2_source": _(
            "326.75 kg of CO₂ a m² to build, the mean of 78 office buildings in China (罗智星, 杨柳, 刘加平: "
            "办公建筑物化阶段CO2排放研究, 2014), for a room of 20 m²: the area is an assumption. "
            "20 × 326.75 kg = 6.5 t."
        ),
        "co2_is_assumed": True,
    },
    Kind.DUCT: {
        "per": "km",
        "cost": 500_000,
        "cost_source": _(
            "The price of new duct that matching reckons with, over 20 years (sharing/matching/route_terms.py): "
            "20 × 25 a metre."
        ),
        "cost_is_assumed": True,
        "co2_t": 6.0,
        "co2_source": _(
            "At least: Deutsche Telekom reckons that other ways of laying save 1 to 6 t of CO₂ a km over the usual "
            "trench of 30 × 60 cm (dotmagazine.online, 2023-12), so that such a trench emits no less than 6 t; that "
            "all of it is avoided is an assumption. IKT-Norge and Endrava found up to 13 t saved over a trench of "
            "60 cm (Klimafotavtrykk fra utrulling av fiber, 2023)."
        ),
        "co2_is_assumed": True,
    },
    Kind.FIBER: {
        "per": "km",
        "cost": 160_000,
        "cost_source": _(
            "The price of new cable that matching reckons with, over 20 years (sharing/matching/route_terms.py): "
            "20 × 8 a metre."
        ),
        "cost_is_assumed": True,
        "co2_t": 0.11,
        "co2_source": _(
            "Making the fibers alone, without sheath and laying: 2.3 kg of CO₂ a km of fiber, by Corning (Market "
            "Analysis Report of Optical Communications Field in China & Global Market 2023, p. 49), for a cable of "
            "48 cores: their number is an assumption. 48 × 2.3 kg = 0.11 t."
        ),
        "co2_is_assumed": True,
    },
}
