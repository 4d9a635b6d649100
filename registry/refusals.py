"""What the database refuses, in sentences that say what to do. The keys are the names of its constraints."""

from collections.abc import Mapping

from django.db import DatabaseError, models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentences = Mapping[str, str | Promise]

FINITE = _("A figure has no end, or is no number: correct it, or leave it empty where it is unknown.")

SENTENCES: Sentences = {
    "asset_code_is_unique_to_owner": _("This owner has an asset with this code already: give it another code."),
    "asset_has_a_code": _("Give the asset a code: the owner's own number for it."),
    "asset_has_capacity": _("An asset has at least one unit: enter how many mounts, bores, cores or rack units."),
    "asset_weight_limit_is_not_negative": _("A weight limit is zero or more kilograms; leave it empty for no limit."),
    "asset_wind_limit_is_not_negative": _("A wind area limit is zero or more m²; leave it empty for no limit."),
    "asset_power_limit_is_not_negative": _("A power limit is zero or more kilowatts; leave it empty for no limit."),
    "asset_price_is_not_negative": _("A price is zero or more a year."),
    "asset_planned_has_a_date": _("A planned asset needs the day from which it is there: fill in “available from”."),
    "asset_protection_has_a_reason": _("A protected asset needs a reason: fill in “reason for the protection”."),
    "asset_geometry_suits_its_kind": _("Towers and rooms are a POINT, ducts and fibers a LINESTRING."),
    "asset_geometry_is_on_earth": _("Longitudes lie within ±180°, latitudes within ±90°: check their order."),
    "asset_kind_is_final": _("The kind of an asset cannot change: list it anew under the other kind."),
    "asset_capacity_holds_its_ledger": _("Units beyond this capacity are in use or held: release them first."),
    "asset_limits_hold_its_ledger": _("What is granted already adds up to more: raise the limit or end a grant."),
    "allocation_sells_no_unit_twice": _("Others were faster: the units are taken."),
    "allocation_stays_within_capacity": _("An asset has fewer units than that: ask for fewer."),
    "allocation_stays_within_loads": _(
        "An asset would carry more than its limit on a day of the period: ask for a lower load, or for another period."
    ),
    "room_power_stays_within_cooling": _("The power limit exceeds the room's cooling: lower it or raise the cooling."),
    "tower_height_is_positive": _("A height is more than 0 m; leave it empty where it is unknown."),
    "tower_free_range_above_ground": _("The lowest free mounting height is 0 m or more."),
    "tower_free_range_is_ordered": _("The highest free mounting height lies above the lowest: swap them?"),
    "tower_free_range_inside_height": _("The highest free mounting height cannot exceed the tower's height."),
    "tower_use_is_not_negative": _("Structural use is not negative."),
    "tower_earthing_is_not_negative": _("An earthing resistance is 0 Ω or more."),
    "tower_backup_not_negative": _("A backup time is 0 hours or more."),
    "tower_figures_are_finite": FINITE,
    "duct_inner_diameter_positive": _("An inner diameter is more than 0 mm; leave it empty where it is unknown."),
    "duct_outer_holds_inner": _("The outer diameter is at least the inner one: swap them?"),
    "duct_fill_limit_is_a_share": _("A fill limit is a share between 0 and 1, such as 0.4."),
    "duct_figures_are_finite": FINITE,
    "fiber_cable_length_is_positive": _("A cable is longer than 0 m; leave the length empty where it is unknown."),
    "fiber_route_length_is_positive": _("A route is longer than 0 m; leave the length empty where it is unknown."),
    "fiber_cable_is_no_shorter_than_its_route": _("The cable is at least as long as its route: swap the lengths?"),
    "fiber_attenuation_is_positive": _("An attenuation is more than 0 dB/km."),
    "fiber_losses_are_not_negative": _("A loss is 0 dB or more."),
    "fiber_figures_are_finite": FINITE,
    "room_area_is_positive": _("An area is more than 0 m²; leave it empty where it is unknown."),
    "room_floor_load_is_positive": _("A floor load is more than 0 kN/m²; leave it empty where it is unknown."),
    "room_power_is_not_negative": _("Power and cooling are 0 kW or more."),
    "room_backup_not_negative": _("A backup time is 0 hours or more."),
    "room_figures_are_finite": FINITE,
    "facility_code_is_unique_to_owner": _("This owner has a facility with this code already: give it another code."),
    "facility_asks_before_it_opens": _("The last day to ask lies before the opening: correct one of the dates."),
    "facility_geometry_is_a_place": _("A plan is one geometry on Earth that does not cross itself: draw it anew."),
    "terrain_code_is_unique_to_owner": _("This owner has an area with this code already: give it another code."),
    "terrain_has_a_code": _("Give the area a code: the owner's own number for it."),
    "terrain_geometry_is_valid": _("The area crosses itself: draw its outline so that it does not."),
    "terrain_geometry_is_on_earth": _("Longitudes lie within ±180°, latitudes within ±90°: check their order."),
    "place_grant_ends_after_it_starts": _("The last day comes after the first: swap them?"),
    "place_grant_ends_in_time": _("A grant of sight lasts 366 days at most: choose an earlier last day."),
    "place_grant_has_a_reason": _("Say what the grant is for."),
    "membership_is_unique": _("This person is a member of the organization already: change the role there."),
    "service_token_keeps_its_place": _("A service token reads or edits in its own organization alone: issue another."),
    "registry_user_username_key": _("Another person has this user name: choose another."),
    "organization_social_credit_code_checks": _("The check character of the social credit code is wrong: retype it."),
    "region_code_is_unique": _("This code exists already in its scheme."),
    "region_gbt2260_has_six_digits": _("A GB/T 2260 code has six digits, such as 420100."),
    "region_prefix_begins_code": _("The code must begin with the prefix, as 420100 does with 4201."),
}

# Where of an asset a refusal is said; one that is not named here is about several fields.
FIELD_OF: Mapping[str, str] = {
    "asset_code_is_unique_to_owner": "code",
    "asset_has_a_code": "code",
    "asset_has_capacity": "capacity",
    "asset_planned_has_a_date": "available_from",
    "asset_protection_has_a_reason": "protection_reason",
    "asset_capacity_holds_its_ledger": "capacity",
    "room_power_stays_within_cooling": "power_kw",
    "asset_weight_limit_is_not_negative": "weight_kg",
    "asset_wind_limit_is_not_negative": "wind_area_m2",
    "asset_power_limit_is_not_negative": "power_kw",
    "asset_price_is_not_negative": "price_per_unit_year",
    "asset_geometry_is_on_earth": "geometry",
    "tower_height_is_positive": "height_m",
    "tower_free_range_above_ground": "free_height_min_m",
    "tower_free_range_is_ordered": "free_height_max_m",
    "tower_free_range_inside_height": "free_height_max_m",
    "tower_use_is_not_negative": "structural_use_pct",
    "tower_earthing_is_not_negative": "earthing_ohm",
    "tower_backup_not_negative": "backup_h",
    "duct_inner_diameter_positive": "inner_diameter_mm",
    "duct_outer_holds_inner": "outer_diameter_mm",
    "duct_fill_limit_is_a_share": "fill_limit",
    "fiber_cable_length_is_positive": "cable_length_m",
    "fiber_route_length_is_positive": "route_length_m",
    "fiber_cable_is_no_shorter_than_its_route": "cable_length_m",
    "room_area_is_positive": "area_m2",
    "room_floor_load_is_positive": "floor_load_kn_m2",
    "room_backup_not_negative": "backup_h",
}


def constraint_of(error: DatabaseError) -> str:
    """The name of the constraint that was broken; empty where the database names none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


def explained(error: DatabaseError, sentences: Sentences = SENTENCES) -> str:
    """A refusal of PostgreSQL in words: the sentence of its constraint, else the database's own first line."""
    name = constraint_of(error)
    if name in sentences:
        return str(sentences[name])
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or str(error).splitlines()[0])


def constraints_by_message(row: models.Model) -> dict[str, str]:
    """The constraints that Django itself checks of a row, by what it says where one is broken."""
    found: dict[str, str] = {}
    for constraint in row._meta.constraints:
        said = str(constraint.get_violation_error_message())
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            said = str(row.unique_error_message(type(row), tuple(constraint.fields)).messages[0])
        found[said] = constraint.name
    return found
