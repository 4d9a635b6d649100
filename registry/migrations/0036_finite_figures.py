"""The figures of assets are numbers that end: PostgreSQL takes NaN for more than any other, and no answer can show it."""

from django.db import migrations

from registry.migrations._finite import figures_are_finite

TOWER = (
    "height_m", "free_height_min_m", "free_height_max_m", "design_wind_kn_m2", "structural_use_pct", "voltage_kv",
    "backup_h", "earthing_ohm",
)  # fmt: skip
ROOM = ("area_m2", "floor_load_kn_m2", "ac_power_kw", "dc_power_kw", "cooling_kw", "backup_h")
DUCT = {"inner_diameter_mm": None, "outer_diameter_mm": None, "depth_m": None, "fill_limit": 0.4}
FIBER = {
    "cable_length_m": None, "route_length_m": None, "attenuation_1310_db_km": 0.35, "attenuation_1550_db_km": 0.21,
    "splice_loss_db": 0.1, "connector_loss_db": 0.5,
}  # fmt: skip


class Migration(migrations.Migration):
    # One table's lock at a time, and none while a table is looked through.
    atomic = False

    dependencies = [("registry", "0035_numbers")]

    operations = [
        *figures_are_finite("registry_tower", "tower_figures_are_finite", dict.fromkeys(TOWER)),
        *figures_are_finite("registry_duct", "duct_figures_are_finite", DUCT),
        *figures_are_finite("registry_fiber", "fiber_figures_are_finite", FIBER),
        *figures_are_finite("registry_equipmentroom", "room_figures_are_finite", dict.fromkeys(ROOM)),
    ]
