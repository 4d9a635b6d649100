"""Headings of ten characters, which is all that a Shapefile has room for; exports write them, imports know them."""

from collections.abc import Iterable

MOST_CHARACTERS = 10
# Those longer than that. Where a known heading is short enough, it stands here.
SHORT = {
    "place_is_exact": "exact",
    "planned_facility": "plan_id",
    "available_from": "avail_from",
    "wind_area_m2": "wind_area",
    "open_to_sectors": "open_sect",
    "price_per_unit_year": "price_year",
    "protection_reason": "prot_reasn",
    "protection_review_on": "prot_revw",
    "structure_type": "struct_typ",
    "free_height_min_m": "free_h_min",
    "free_height_max_m": "free_h_max",
    "design_wind_kn_m2": "desig_wind",
    "structural_use_pct": "struct_use",
    "earthing_ohm": "earthing",
    "inner_diameter_mm": "inner_diam",
    "outer_diameter_mm": "outer_diam",
    "hazardous_co_use": "hazardous",
    "cable_length_m": "cable_len",
    "route_length_m": "route_len",
    "attenuation_1310_db_km": "atten_1310",
    "attenuation_1550_db_km": "atten_1550",
    "splice_loss_db": "splic_loss",
    "connector_loss_db": "conn_loss",
    "floor_load_kn_m2": "floor_load",
    "ac_power_kw": "ac_power",
    "dc_power_kw": "dc_power",
    "security_class": "sec_class",
    "cable_entries": "cable_entr",
}


def shortened(names: Iterable[str]) -> list[str]:
    """Each name as a Shapefile has it: as SHORT has it, else cut, and numbered where the same is there already.

    >>> shortened(["code", "available_from", "origin_place", "origin_placement"])
    ['code', 'avail_from', 'origin_pla', 'origin_p_2']
    """
    short: list[str] = []
    for name in names:
        cut = candidate = SHORT.get(name, name[:MOST_CHARACTERS])
        number = 1
        while candidate in short:
            number += 1
            candidate = f"{cut[: MOST_CHARACTERS - 1 - len(str(number))]}_{number}"
        short.append(candidate)
    return short
