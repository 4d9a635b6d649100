"""The figures of demands are numbers that end."""

from django.db import migrations

from registry.migrations._finite import figures_are_finite

# A place asked for around a point needs its radius, one disjoint by a distance needs that: their own checks have bounded
# both since they came.
LIMITS = (
    "mounting_height_m", "max_earthing_ohm", "min_backup_h", "cable_outer_diameter_mm", "max_attenuation_db",
    "min_floor_load_kn_m2",
)  # fmt: skip


class Migration(migrations.Migration):
    # No lock while the table is looked through.
    atomic = False

    dependencies = [("sharing", "0032_lines_stay"), ("registry", "0036_finite_figures")]

    operations = figures_are_finite("sharing_demand", "demand_figures_are_finite", dict.fromkeys(LIMITS))
